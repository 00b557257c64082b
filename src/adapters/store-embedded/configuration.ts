import type { Clock } from '../../contracts/clock.ts'
import type { ConfigurationChange, ConfigurationRepository, Kind, Kinds, Partition, Stored } from '../../contracts/configuration.ts'
import { Topics } from '../system/topics.ts'
import type { Committer } from './committer.ts'
import { ConfigurationMirror } from './configuration-mirror.ts'
import { ScheduleLog } from './schedule-log.ts'
import type { Opened } from './protocol.ts'

/** The configuration: all of it at hand, changed only after its commit is durable. */
export function configurationRepository(committer: Committer, clock: Clock, opened: Opened): ConfigurationRepository {
  const mirror = new ConfigurationMirror()
  const schedule = new ScheduleLog(mirror, opened.epoch, opened.change)
  const topics = new Topics<Partition>(clock)
  for (const { kind, tenant, entity, id, version, value } of opened.configuration) {
    const partition = entity === '' ? { tenant } : { tenant, entity }
    mirror.put(storedOf(kind as Kind, partition, id, version, value))
  }

  return {
    async get(kind, partition, id) {
      return mirror.get(kind, homeOf(kind, partition, id), id)
    },
    async list(kind, partition, { limit, marker, ids }) {
      const all = mirror.list(kind, partition)
      const from = marker === undefined ? 0 : all.findIndex((stored) => stored.id >= marker)
      const wanted = ids === undefined ? undefined : new Set(ids)
      const rest = from < 0 ? [] : all.slice(from).filter((stored) => wanted?.has(stored.id) ?? true)
      return { values: rest.slice(0, limit), next: rest[limit]?.id ?? null }
    },
    async *entities(tenant) {
      yield* mirror.list('entity', { tenant }).map(({ id }) => id)
    },
    async tree(tenant, entity) {
      const partition = { tenant, entity }
      const stored = mirror.get('entity', partition, entity)
      if (stored === undefined) return undefined
      return { entity: stored, checks: [...mirror.list('check', partition)], alarms: [...mirror.list('alarm', partition)] }
    },
    async commit(partition, changes) {
      for (const change of changes) demandPlace(partition, change)
      const writes = changes.map(({ kind, id, expected, value }) => {
        const { tenant, entity } = homeOf(kind, partition, id)
        return { kind, tenant, entity: entity ?? '', id, expected, value: value === null ? null : JSON.stringify(value) }
      })
      const result = await committer.write('configuration', { writes }, (applied) => {
        if (applied === null) return
        for (const [i, { kind, id, value }] of writes.entries()) {
          const home = homeOf(kind, partition, id)
          if (value === null) mirror.remove(kind, home, id)
          else mirror.put(storedOf(kind, home, id, applied.versions[i]!, value))
        }
        schedule.note(applied.change, partition, changes)
        topics.publish('', partition)
      })
      return result === null ? 'conflict' : 'applied'
    },
    async schedule(zone, cursor) {
      return schedule.since(zone, cursor)
    },
    changes: (signal) => topics.subscribe('', signal),
    async [Symbol.asyncDispose]() {},
  }
}

/** Entities, checks and alarms lie with their entity, everything else with its tenant. */
function demandPlace({ entity }: Partition, { kind, id }: ConfigurationChange): void {
  const inEntity = kind === 'entity' || kind === 'check' || kind === 'alarm'
  if (inEntity !== (entity !== undefined) || (kind === 'entity' && id !== entity)) throw new RangeError(`${kind} ${id} does not belong to this partition`)
}

/** An entity lies in its own partition, whoever asks. */
function homeOf(kind: Kind, partition: Partition, id: string): Partition {
  return kind === 'entity' ? { tenant: partition.tenant, entity: id } : partition
}

function storedOf<K extends Kind>(kind: K, partition: Partition, id: string, version: number, value: string): Stored<K> {
  // Our own commit wrote this value as one of this kind.
  return { kind, partition, id, version, value: JSON.parse(value) as Kinds[K] }
}
