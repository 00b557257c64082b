import type { AlarmLedger } from '../../contracts/alarm-ledger.ts'
import type { AlarmKey, AlarmRow } from '../../core/alarm-row.ts'
import type { Committer } from './committer.ts'
import type { Opened } from './protocol.ts'
import type { WorkerLink } from './worker-link.ts'

/** The alarms' rows, all of them at hand, by tenant, entity and alarm; and their entries, on disk. */
export function alarmLedger(link: WorkerLink, committer: Committer, opened: Pick<Opened, 'alarms'>): AlarmLedger {
  const tenants = new Map<string, Map<string, Map<string, AlarmRow>>>()
  const entityOf = ({ tenant, entity }: Pick<AlarmKey, 'tenant' | 'entity'>) => inside(inside(tenants, tenant), entity)
  const put = (row: AlarmRow) => entityOf(row.key).set(row.key.alarm, row)
  // Our own commits wrote these rows.
  for (const text of opened.alarms) put(JSON.parse(text) as AlarmRow)

  return {
    async read(key) {
      return tenants.get(key.tenant)?.get(key.entity)?.get(key.alarm)
    },
    async commit(expected, next, entry) {
      if (next.version !== expected + 1 || entry.version !== next.version) throw new RangeError(`Version ${next.version} does not follow ${expected}`)
      const row = JSON.stringify(next)
      const { tenant, entity, alarm } = next.key
      const stored = { id: entry.id, kind: entry.kind, at: entry.at, text: JSON.stringify(entry) }
      return committer.write('ledger', { tenant, entity, alarm, expected, decision: next.decisionId, row, entry: stored }, (result) => {
        const present = tenants.get(tenant)?.get(entity)?.get(alarm)
        if (result === 'applied' && (present?.version ?? 0) === expected) put(JSON.parse(row) as AlarmRow)
      })
    },
    async entry({ tenant, entity, alarm }, version) {
      return (await link.call('entry', { tenant, entity, alarm, version })) ?? undefined
    },
    async entries({ tenant, entity, alarm }, from, limit) {
      return link.call('entries', { tenant, entity, alarm, from, limit })
    },
    async changes(tenant, { from, to, limit, marker, reverse, entity }) {
      return link.call('changes', { tenant, from, to, limit, marker: marker ?? null, reverse: reverse ?? false, entity: entity ?? null })
    },
    async rows(tenant, entity) {
      return sorted(tenants.get(tenant)?.get(entity)?.values() ?? []).filter((row) => !row.deleted)
    },
    async *allRows(tenant) {
      const rows = [...(tenants.get(tenant)?.values() ?? [])].flatMap((alarms) => [...alarms.values()])
      yield* rows.filter((row) => !row.deleted)
    },
    async [Symbol.asyncDispose]() {},
  }
}

function inside<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const found = map.get(key) ?? new Map<L, V>()
  map.set(key, found)
  return found
}

function sorted(rows: Iterable<AlarmRow>): AlarmRow[] {
  return [...rows].sort((a, b) => (a.key.alarm < b.key.alarm ? -1 : 1))
}
