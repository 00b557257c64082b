/* oxlint-disable node/no-sync -- this runs in the store's own thread, where blocking is right */
import type { DatabaseSync } from 'node:sqlite'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Batch, Calls, Committed, Definitions, Opened } from '../protocol.ts'
import { KnownNames } from '../record.ts'
import { databaseFile, lockDirectory, openDatabase } from './database.ts'
import { Chores } from './chores.ts'
import { Horizons } from './horizons.ts'
import { Hot } from './hot.ts'
import { questions } from './questions.ts'
import { SeriesReader, type HotParts } from './reader.ts'
import { Rollups } from './rollups.ts'
import { writers } from './writes.ts'

/** A commit that failed, and whether anything of it may yet turn up. */
export class CommitFailed extends Error {
  override readonly name = 'CommitFailed'
  readonly outcome: 'not done' | 'unknown'
  constructor(cause: unknown, outcome: 'not done' | 'unknown') {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.outcome = outcome
  }
}

/** The store's own thread: it alone holds the database, and answers one call after the other. */
export type Keeper = { [K in Exclude<keyof Calls, 'open'>]: (body: Calls[K][0]) => Calls[K][1] }

export function openKeeper(settings: Calls['open'][0]): { readonly keeper: Keeper; readonly opened: Opened } {
  const lock = lockDirectory(settings.directory)
  const database = openDatabase(settings.directory, settings.maxBytes)
  const names = new KnownNames()
  const hot: HotParts = { active: new Hot(), leaving: undefined, lastBatch: 0 }
  const opened = load(database, names, hot, settings.epoch)
  const reader = new SeriesReader(database, hot, names)
  const horizons = new Horizons(database, settings.now)
  const rollups = new Rollups(database, reader, horizons)
  const chores = new Chores({ database, settings, hot, reader, rollups, horizons }, settings.now)
  const commit = committer(database, names, hot)
  const keeper: Keeper = {
    ...questions(database),
    commit,
    newest: (body) => reader.newest(body),
    range: (body) => reader.range(body),
    points: (query) => rollups.points(query),
    tidy: ({ now, all }) => ({ more: chores.step(now, all) }),
    stats: () => statsOf(join(settings.directory, databaseFile), hot),
    close() {
      database.close()
      lock.close()
      return null
    },
  }
  return { keeper, opened }
}

function statsOf(file: string, { active, leaving }: HotParts): Calls['stats'][1] {
  return { fileBytes: statSync(file).size, hotObservations: active.records + (leaving?.records ?? 0), hotBytes: active.bytes + (leaving?.bytes ?? 0) }
}

function load(database: DatabaseSync, names: KnownNames, hot: HotParts, freshEpoch: string): Opened {
  // The statements name the columns; our own writes filled them.
  const all = <T>(text: string) => database.prepare(text).all() as T[]
  database.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES ('epoch', ?)").run(freshEpoch)
  const words = all<{ id: number; text: string }>('SELECT id, text FROM word ORDER BY id')
  const series = all<{ id: number; check: string; zone: string }>('SELECT id, "check", zone FROM series ORDER BY id')
  const metrics = all<{ series: number; name: string; type: string; unit: string }>('SELECT series, name, type, unit FROM metric')
  for (const { id, text } of words) names.addWord(id, text)
  for (const { id, check, zone } of series) names.addSeries(id, check, zone)
  for (const row of database.prepare('SELECT batch, records FROM hot ORDER BY batch').iterate()) {
    hot.active.add(row.records as Uint8Array)
    hot.lastBatch = row.batch as number
  }
  return {
    epoch: metaOf(database, 'epoch') as string,
    change: (metaOf(database, 'change') as number | undefined) ?? 0,
    words: words.map(({ id, text }) => [id, text]),
    series: series.map(({ id, check, zone }) => [id, check, zone]),
    metrics: metrics.map(({ series: id, name, type, unit }) => [id, name, type, unit]),
    configuration: all('SELECT kind, tenant, entity, id, version, value FROM configuration WHERE value IS NOT NULL ORDER BY id'),
    alarms: all<{ row: string }>('SELECT row FROM alarm').map(({ row }) => row),
  }
}

function metaOf(database: DatabaseSync, name: string): unknown {
  return database.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value
}

function committer(database: DatabaseSync, names: KnownNames, hot: HotParts): (batch: Batch) => Committed {
  const [begin, commit, rollback] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT'), database.prepare('ROLLBACK')]
  const addHot = database.prepare('INSERT INTO hot (batch, records) VALUES (?, ?)')
  const define = definer(database)
  const write = writers(database)
  const guarded = <T>(outcome: 'not done' | 'unknown', work: () => T): T => {
    try {
      return work()
    } catch (error) {
      if (database.isTransaction) rollback.run()
      throw new CommitFailed(error, outcome)
    }
  }
  return ({ definitions, records, writes }) => {
    const results = guarded('not done', () => {
      begin.run()
      define(definitions)
      if (records.length > 0) addHot.run(hot.lastBatch + 1, records)
      return writes.map(write)
    })
    // When the commit itself fails its pages may have reached the file, and a crash would find them.
    guarded('unknown', () => commit.run())
    for (const [id, text] of definitions.words) names.addWord(id, text)
    for (const [id, check, zone] of definitions.series) names.addSeries(id, check, zone)
    if (records.length > 0) {
      hot.active.add(records)
      hot.lastBatch += 1
    }
    return { results }
  }
}

function definer(database: DatabaseSync): (definitions: Definitions) => void {
  const word = database.prepare('INSERT OR REPLACE INTO word (id, text) VALUES (?, ?)')
  const series = database.prepare('INSERT OR REPLACE INTO series (id, "check", zone) VALUES (?, ?, ?)')
  const metric = database.prepare('INSERT OR REPLACE INTO metric (series, name, type, unit) VALUES (?, ?, ?, ?)')
  return (definitions) => {
    for (const row of definitions.words) word.run(...row)
    for (const row of definitions.series) series.run(...row)
    for (const row of definitions.metrics) metric.run(...row)
  }
}
