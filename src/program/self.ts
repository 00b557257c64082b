import { randomUUID } from 'node:crypto'
import type { Store } from '../contracts/store.ts'
import { uptime } from '../flows/uptime.ts'
import { startSelf } from '../roles/self/start-self.ts'
import type { Config } from './config.ts'
import type { Node } from './node.ts'
import { createSelfEntity, moveSelfCheck, selfIds } from './self-entity.ts'
import { selfFacts, type Parts } from './self-report.ts'

const selfPeriod = 10_000

/** Without a record of our own health only this process's present stretch of health counts. */
export function uptimeOf({ watchSelf }: Config, store: Store) {
  const series = { check: selfIds.check, zone: 'agent', metric: 'up', period: selfPeriod }
  return async (health: { healthyFor(): number }, from: number, to: number): Promise<number> =>
    watchSelf ? Math.max(await uptime(store.metrics, series, from, to), Math.min(to - from, health.healthyFor())) : Math.min(to - from, health.healthyFor())
}

/** Makes the entity by which Vedette watches itself at the first start; later its check of our own API follows to where we are now. */
export async function watchSelf({ config, store, engine, clock }: Node, url: string, isFirst: boolean): Promise<void> {
  const address = new URL(url).hostname.replaceAll(/^\[|\]$/g, '')
  const facts = { tenant: config.tenant, zones: config.zones, address, url, now: clock.now() }
  if (isFirst) await createSelfEntity(store.configuration, facts)
  else if (await moveSelfCheck(store.configuration, facts) === 'stays') return
  await engine.configured(config.tenant, selfIds.entity)
}

/** Begins to observe this process. */
export function observeSelf({ engine, clock, log, config, store }: Node, parts: Parts): AsyncDisposable {
  return startSelf({ facts: () => selfFacts(parts), check: selfCheck(config, store), take: (observations, live) => engine.ingest.take(observations, live), boot: randomUUID(), clock, log })
}

function selfCheck({ tenant }: Config, store: Store) {
  return async () => {
    const stored = await store.configuration.get('check', { tenant, entity: selfIds.entity }, selfIds.check)
    return stored === undefined || stored.value.disabled ? undefined : { tenant, entity: selfIds.entity, check: selfIds.check, period: stored.value.period }
  }
}
