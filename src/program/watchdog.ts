import { randomUUID } from 'node:crypto'
import { startSelf } from '../roles/self/start-self.ts'
import type { Node } from './node.ts'
import { leaveNote } from './notes.ts'
import { deliveryOf, entityChanges, watchdogIds, type WatchdogFacts } from './watchdog-entity.ts'

/** ms for which one process of a region speaks for it: longer than a beat, and short enough that the next one is in time */
const lease = 75_000
const attempts = 5

/**
 * The regions watch each other by ordinary checks: each says something else every minute, which as a change of an alarm has
 * to be decided and delivered to the region after it; there a heartbeat check waits for it, and pages when it does not come.
 * Disposing it ends what this process says.
 */
export async function startWatchdog(node: Node, url: string): Promise<AsyncDisposable | undefined> {
  const { config: { watchdog, roles } } = node
  if (watchdog.length === 0) return undefined
  if (roles.includes('api')) await prepareWatchdog(node, url)
  return roles.includes('endpoint') ? speak(node) : undefined
}

/** Makes what this region needs, as far as it is not there; its address follows to where it answers now. */
export async function prepareWatchdog({ config, store: { configuration }, engine, secretBox, random, clock }: Node, url: string): Promise<void> {
  const { region, watchdog, watchdogPlan, publicUrl, tenant } = config
  const before = watchdog.at(watchdog.indexOf(region) - 1) ?? region
  const sealed = await leaveNote(configuration, `vedette-watchdog-${region}`, secretBox.seal(Buffer.from(random.bytes(16)).toString('hex')), clock.now())
  const facts: WatchdogFacts = { region, before, plan: watchdogPlan, url: publicUrl ?? url, tenant, key: secretBox.open(sealed), now: clock.now() }
  const { entity } = watchdogIds(region)
  if (await configuration.get('entity', { tenant }, entity) === undefined) await configuration.commit({ tenant, entity }, entityChanges(facts))
  await engine.configured(tenant, entity)
  await bringAddress(configuration, facts)
}

async function bringAddress(configuration: Node['store']['configuration'], facts: WatchdogFacts): Promise<void> {
  const { tenant } = facts
  const { notification, plan } = deliveryOf(facts)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [standing, standingPlan] = await Promise.all([configuration.get('notification', { tenant }, notification.id), configuration.get('notificationPlan', { tenant }, plan.id)])
    if (standing?.value.details.url === notification.details.url && standingPlan !== undefined) return
    const outcome = await configuration.commit({ tenant }, [
      { kind: 'notification', id: notification.id, expected: standing?.version ?? 0, value: standing === undefined ? notification : { ...standing.value, details: notification.details, updated_at: notification.updated_at } },
      ...(standingPlan === undefined ? [{ kind: 'notificationPlan', id: plan.id, expected: 0, value: plan } as const] : []),
    ])
    if (outcome === 'applied') return
  }
}

/** Says something else every minute; of the processes of a region one does. */
function speak({ config: { region, tenant }, store, engine, owner, clock, log }: Node): AsyncDisposable {
  const { entity, beat } = watchdogIds(region)
  return startSelf({
    facts: async () => {
      const [last] = await store.observations.newest(beat, 'agent', 1)
      // Always something else than before, whoever said that: only a change goes through everything.
      return { problems: [], metrics: { problems: { type: 'i', value: last?.metrics.problems?.value === 1 ? 0 : 1, unit: 'count' } } }
    },
    take: (observations, live) => engine.ingest.take(observations, live), boot: randomUUID(), clock, log,
    check: async () => {
      const stored = await store.configuration.get('check', { tenant, entity }, beat)
      if (stored === undefined || stored.value.disabled || !(await store.leases.acquire(`watchdog/${region}`, owner, clock.now(), lease))) return undefined
      return { tenant, entity, check: beat, period: stored.value.period }
    },
  })
}
