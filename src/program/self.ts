import { randomUUID } from 'node:crypto'
import type { ConfigurationRepository } from '../contracts/configuration.ts'
import type { Leases } from '../contracts/leases.ts'
import type { Store } from '../contracts/store.ts'
import { uptime } from '../flows/uptime.ts'
import { startSelf } from '../roles/self/start-self.ts'
import type { Config } from './config.ts'
import type { Node } from './node.ts'
import { leaveNote, noteOf, notesOf } from './notes.ts'
import { isShared } from './open-store.ts'
import { createSelfEntity, moveSelfCheck, selfIds, selfIdsOf, type SelfIds } from './self-entity.ts'
import { selfFacts, type Parts } from './self-report.ts'

/** ms between two observations of ourselves, and for how long one process of a region makes them for all */
const selfPeriod = 10_000
const selfLease = 2 * selfPeriod
/** Each region in which somebody ever began leaves a note of this kind. */
const regionNote = 'vedette-region-'

/** Our own store belongs to one process; in a shared one each region watches itself. */
const idsOf = (config: Pick<Config, 'store' | 'region'>): SelfIds => (isShared(config) ? selfIdsOf(config.region) : selfIds)

/**
 * How much of a time ingest was up, in any region, as they recorded it themselves. Without a record only this process's
 * present stretch of health counts.
 */
export function uptimeOf(config: Config, store: Store) {
  const regions = isShared(config) ? () => regionsOf(store.configuration) : undefined
  return async (health: { healthyFor(): number }, from: number, to: number): Promise<number> => {
    const own = Math.min(to - from, health.healthyFor())
    if (!config.watchSelf) return own
    const ids = regions === undefined ? [selfIds] : (await regions()).map(selfIdsOf)
    return Math.max(own, await uptime(store.metrics, ids.map(({ check }) => ({ check, zone: 'agent', metric: 'up', period: selfPeriod })), from, to))
  }
}

const regionsOf = (configuration: ConfigurationRepository): Promise<readonly string[]> => notesOf(configuration, regionNote)

/**
 * Makes the entity by which Vedette watches itself at the first start: in a shared store one a region, by whichever of its
 * processes comes first. What somebody deleted stays so.
 */
export async function watchSelf(node: Node, url: string, isFirst: boolean): Promise<void> {
  if (isShared(node.config)) return watchRegion(node)
  const { config, store, engine, clock } = node
  const address = new URL(url).hostname.replaceAll(/^\[|\]$/g, '')
  const facts = { tenant: config.tenant, ids: selfIds, label: 'Vedette', now: clock.now(), web: { zones: config.zones, address, url } }
  if (isFirst) await createSelfEntity(store.configuration, facts)
  else if (await moveSelfCheck(store.configuration, facts) === 'stays') return
  await engine.configured(config.tenant, selfIds.entity)
}

async function watchRegion({ config: { tenant, region }, store: { configuration }, engine, clock }: Node): Promise<void> {
  const note = regionNote + region
  if (await noteOf(configuration, note) !== undefined) return
  const ids = selfIdsOf(region)
  await createSelfEntity(configuration, { tenant, ids, label: `Vedette in ${region}`, now: clock.now() })
  await engine.configured(tenant, ids.entity)
  // Last, so that whoever dies before leaves it to the next one.
  await leaveNote(configuration, note, region, clock.now())
}

/** Whether this region is the one that tells what all regions see; when it falls silent another one is. */
export function speaksForAll(leases: Leases, region: string, now: number): Promise<boolean> {
  return leases.acquire('spokesman/all', region, now, selfLease)
}

/** Begins to observe this process; of the processes of a region that share a store one does it for all. */
export function observeSelf({ engine, clock, log, config, store, owner }: Node, parts: Parts): AsyncDisposable {
  const { tenant, region } = config
  const { entity, check } = idsOf(config)
  const isOurTurn = async () => !isShared(config) || store.leases.acquire(`self/${region}`, owner, clock.now(), selfLease)
  return startSelf({
    facts: async () => selfFacts(parts, !isShared(config) || (await speaksForAll(store.leases, region, clock.now()))), take: (observations, live) => engine.ingest.take(observations, live), boot: randomUUID(), clock, log,
    check: async () => {
      const stored = await store.configuration.get('check', { tenant, entity }, check)
      if (stored === undefined || stored.value.disabled || !(await isOurTurn())) return undefined
      return { tenant, entity, check, period: stored.value.period }
    },
  })
}
