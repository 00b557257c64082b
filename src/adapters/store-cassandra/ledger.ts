import type { AlarmLedger } from '../../contracts/alarm-ledger.ts'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { AlarmKey, AlarmRow, LedgerEntry } from '../../core/alarm-row.ts'
import { AlarmChanges, type NotedChange } from './alarm-changes.ts'
import { AlarmNames } from './alarm-names.ts'
import { readJson, writeJson } from './json-body.ts'
import type { Session } from './session.ts'
import { settled, type Patience } from './settle.ts'
import type { Settings } from './settings.ts'
import type { Parameter, Row, Statement } from './statement.ts'
import { OneAtATime, together } from './together.ts'

/** ms: a process that stood still in here must not wake and write what it decided before that (deciding, section 2) */
const staleAfter = 2000
const readsAtOnce = 32
const alarmsInStatement = 50
/** Entries past the limit are cleared away every so many versions, or more often where only few are kept. */
const mostBetweenClears = 500

const set = 'UPDATE alarm SET row_version = ?, row = ?, decision = ?, entry = ? WHERE tenant = ? AND entity = ? AND alarm = ? AND version = ? IF row_version = ? AND decision = ?'
// SERIAL over all regions: whichever node decides, one wins. QUORUM for its commit, so that everyone's next read sees it.
// The second condition always holds where the first does; it is there so that the answer to a conflict tells who wrote this version.
const commitOne: Statement = { cql: set, consistency: 'QUORUM', serialConsistency: 'SERIAL', idempotent: false, about: 'deciding' }
// SERIAL and QUORUM: as above. What was written by compare-and-set is also cleared away by one.
const commitAndClear: Statement = {
  cql: `BEGIN BATCH ${set}; DELETE FROM alarm WHERE tenant = ? AND entity = ? AND alarm = ? AND version <= ?; APPLY BATCH`, consistency: 'QUORUM', serialConsistency: 'SERIAL', idempotent: false, about: 'deciding',
}
const key = 'tenant = ? AND entity = ? AND alarm = ?'
// QUORUM: decisions rest on it, and one made in another region must be seen.
const readRow: Statement = { cql: `SELECT DISTINCT tenant, entity, alarm, row FROM alarm WHERE ${key}`, consistency: 'QUORUM', idempotent: true, about: "reading an alarm's row" }
// QUORUM: as above.
const readRows: Statement = { cql: 'SELECT DISTINCT tenant, entity, alarm, row FROM alarm WHERE tenant = ? AND entity = ? AND alarm IN ?', consistency: 'QUORUM', idempotent: true, about: "reading alarms' rows" }
// QUORUM: deliveries are made from it.
const readEntry: Statement = { cql: `SELECT decision, entry FROM alarm WHERE ${key} AND version = ?`, consistency: 'QUORUM', idempotent: true, about: "reading an alarm's entry" }
// QUORUM: an audit in one region shows what was decided in another.
const readEntries: Statement = { cql: `SELECT version, entry FROM alarm WHERE ${key} AND version >= ? ORDER BY version ASC LIMIT ?`, consistency: 'QUORUM', idempotent: true, about: "reading an alarm's entries" }

/** Alarms: a partition each, its row static, its ledger's entries the rows, so that one conditional write holds both. */
export function alarmLedger(session: Session, patience: Patience, { ledgerEntries }: Pick<Settings, 'ledgerEntries'>): AlarmLedger {
  const names = new AlarmNames(session)
  const changes = new AlarmChanges(session)
  const turns = new OneAtATime()
  const clearEvery = Math.min(mostBetweenClears, Math.ceil(ledgerEntries / 20))

  async function write({ version, decision, alarm }: Asked, parameters: readonly Parameter[]): Promise<'applied' | 'conflict'> {
    const clears = version % clearEvery === 0 && version > ledgerEntries
    const answer = clears
      ? await session.compareAndSet(commitAndClear, [...parameters, ...alarm, version - ledgerEntries])
      : await session.compareAndSet(commitOne, parameters)
    return answer.applied || answer.standing?.get('decision') === decision ? 'applied' : 'conflict'
  }

  async function verified(tenant: string, { entity, alarm, version, decision }: NotedChange): Promise<LedgerEntry | undefined> {
    const [row] = await session.execute(readEntry, [tenant, entity, alarm, version])
    return row?.get('decision') === decision ? entryOf(row) : undefined
  }

  async function rowsOf(tenant: string, entity: string, alarms: readonly string[]): Promise<readonly AlarmRow[]> {
    const parts = Array.from({ length: Math.ceil(alarms.length / alarmsInStatement) }, (_, i) => alarms.slice(i * alarmsInStatement, (i + 1) * alarmsInStatement))
    const found = await together(parts, readsAtOnce, (part) => session.execute(readRows, [tenant, entity, part]))
    return found.flat().flatMap((row) => rowOf(row) ?? []).filter((row) => !row.deleted).sort((a, b) => (a.key.alarm < b.key.alarm ? -1 : 1))
  }

  return {
    async read(alarm) {
      const [row] = await session.execute(readRow, partition(alarm))
      return row === undefined ? undefined : rowOf(row)
    },
    async commit(expected, next, entry) {
      if (next.version !== expected + 1 || entry.version !== next.version) throw new RangeError(`Version ${next.version} does not follow ${expected}`)
      const [began, isDecision] = [patience.clock.monotonic(), entry.inputs !== null]
      // All of it is read before the first wait: the caller may go on and change what it handed in.
      const asked: Asked = { version: next.version, decision: next.decisionId, alarm: partition(next.key) }
      const parameters = [asked.version, writeJson(next), asked.decision, writeJson(entry), ...asked.alarm, asked.version, expected === 0 ? null : expected, null]
      const named = expected === 0 ? names.add(next.key) : Promise.resolve()
      const noted = entry.kind === 'state' ? changes.note(entry) : Promise.resolve()
      await Promise.all([named, noted])
      const attempt = async () => {
        if (isDecision && patience.clock.monotonic() - began > staleAfter) throw new StoreUnavailable('A decision had become old before it could be written', 'not done')
        return write(asked, parameters)
      }
      return turns.run(JSON.stringify(asked.alarm), () => settled(patience, attempt))
    },
    async entry(alarm, version) {
      const [row] = await session.execute(readEntry, [...partition(alarm), version])
      return row === undefined ? undefined : entryOf(row)
    },
    async entries(alarm, from, limit) {
      const rows = await Array.fromAsync(session.page(readEntries, [...partition(alarm), from, limit], 100))
      return rows.flatMap((row) => entryOf(row) ?? [])
    },
    async changes(tenant, options) {
      const values: LedgerEntry[] = []
      for await (const noted of inParts(changes.read(tenant, options), readsAtOnce)) {
        for (const entry of await together(noted, readsAtOnce, (change) => verified(tenant, change))) if (entry !== undefined) values.push(entry)
        if (values.length > options.limit) break
      }
      return { values: values.slice(0, options.limit), next: values[options.limit]?.id ?? null }
    },
    async rows(tenant, entity) {
      return rowsOf(tenant, entity, await names.of(tenant, entity))
    },
    async *allRows(tenant) {
      for await (const entities of inParts(names.all(tenant), readsAtOnce)) {
        yield* (await together(entities, readsAtOnce, ({ entity, alarms }) => rowsOf(tenant, entity, alarms))).flat()
      }
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** Which version of which alarm, by which decision. */
interface Asked { readonly version: number; readonly decision: string; readonly alarm: readonly [string, string, string] }

const partition = ({ tenant, entity, alarm }: AlarmKey): [string, string, string] => [tenant, entity, alarm]

function rowOf(row: Row): AlarmRow | undefined {
  // Our own commits wrote these rows.
  return row.get('row') === null ? undefined : (readJson(row.get('row')) as AlarmRow)
}

function entryOf(row: Row): LedgerEntry | undefined {
  // Our own commits wrote these entries.
  return row.get('entry') === null ? undefined : (readJson(row.get('entry')) as LedgerEntry)
}

/** What a sequence yields, `length` at a time. */
async function* inParts<T>(items: AsyncIterable<T>, length: number): AsyncGenerator<readonly T[]> {
  let part: T[] = []
  for await (const item of items) {
    part.push(item)
    if (part.length < length) continue
    yield part
    part = []
  }
  if (part.length > 0) yield part
}
