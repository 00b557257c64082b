import assert from 'node:assert/strict'
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openEmbedded } from '../../src/adapters/store-embedded/index.ts'
import { schema } from '../../src/adapters/store-embedded/worker/schema.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { suiteStart } from '../../src/contracts/define.suite.ts'
import { anAlarmKey } from '../../src/contracts/samples.suite.ts'
import { sample, writeSample } from './sample.ts'

const samples = join(import.meta.dirname, '../samples')
const root = await mkdtemp(join(tmpdir(), 'vedette-layouts-'))
after(() => rm(root, { recursive: true }))
let count = 0

async function openAt(now: () => number, sql?: string) {
  const directory = await mkdtemp(join(root, `${count += 1}-`))
  if (sql !== undefined) {
    using database = new DatabaseSync(join(directory, 'vedette.db'))
    database.exec(sql)
  }
  const store = await openEmbedded({ directory, clock: { ...systemClock, now }, log: systemLog('warn') })
  return { directory, store }
}

for await (const file of glob('embedded-*.sql', { cwd: samples })) {
  test(`today's program reads what was written in ${basename(file, '.sql')}`, async () => {
    const opened = await openAt(() => suiteStart + 7 * 3_600_000, await readFile(join(samples, file), 'utf8'))
    await using store = opened.store
    const read = async () => ({
      observations: await Array.fromAsync(store.observations.range('ch1', 'mzdfw', 0, Infinity)),
      rolledUp: (await Array.fromAsync(store.metrics.read({ check: 'ch1', zone: 'mzdfw', metric: 'duration' }, 0, Infinity, 'MIN5'))).reduce((sum, point) => sum + point.count, 0),
    })
    const expected = { observations: [...sample.old, ...sample.fresh], rolledUp: sample.old.filter(({ available }) => available).length + 2 }
    assert.deepEqual(await read(), expected)
    await store.tidy()
    assert.deepEqual(await read(), expected)
    const tree = await store.configuration.tree(anAlarmKey.tenant, 'en1')
    // Today's resources may have more to say than the old ones did.
    assert.partialDeepStrictEqual([sample.entity, sample.check], [tree?.entity.value, tree?.checks[0]?.value])
    assert.partialDeepStrictEqual(sample.version, [await store.ledger.read(anAlarmKey), await store.ledger.entry(anAlarmKey, 1)])
    assert.partialDeepStrictEqual([sample.delivery], await store.outbox.due(5000, 10))
    assert.deepEqual(await store.outbox.intents(100, 10), [sample.intent])
  })
}

test('there is a sample of the present layout', async () => {
  const file = join(samples, `embedded-${schema.length}.sql`)
  // A new layout gets its sample here, once: VEDETTE_WRITE_SAMPLE=1 node --test test/embedded/layouts.test.ts
  if (process.env.VEDETTE_WRITE_SAMPLE !== undefined) await writeFile(file, await dumpSample(), { flag: 'wx' })
  assert.match(await readFile(file, 'utf8'), new RegExp(`PRAGMA user_version = ${schema.length};`))
})

/** A store with the sample in it, as SQL: small, and to be read by people too. */
async function dumpSample(): Promise<string> {
  let now = suiteStart
  const { directory, store } = await openAt(() => now)
  now += 6 * 3_600_000
  await writeSample(store)
  await store[Symbol.asyncDispose]()
  using database = new DatabaseSync(join(directory, 'vedette.db'))
  const lines = [`PRAGMA user_version = ${schema.length};`]
  for (const { name, type, sql } of database.prepare("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").all()) {
    lines.push(`${String(sql)};`)
    if (type !== 'table') continue
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(name ?? '').map((column) => `"${String(column.name)}"`)
    const row = columns.map((column) => `quote(${column})`).join(" || ', ' || ")
    for (const { values } of database.prepare(`SELECT ${row} AS "values" FROM "${String(name)}"`).all()) lines.push(`INSERT INTO "${String(name)}" (${columns.join(', ')}) VALUES (${String(values)});`)
  }
  return `${lines.join('\n')}\n`
}
