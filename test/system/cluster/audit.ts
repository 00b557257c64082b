import { simulationStart } from '../../../src/adapters/simulated/clock.ts'
import type { Alarm } from '../../../src/core/entities/resources.ts'
import { observationId } from '../../../src/core/observation.ts'
import { tenant } from '../drafts.ts'
import type { Cluster, Watched } from './cluster.ts'

/** Everything here reads the store as anybody would, at QUORUM, when all is mended and quiet. */

/** Law (e): what has been so for three periods in all zones is recorded. */
export async function truth(cluster: Cluster): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const one of cluster.watched) {
    const expected = await expectation(cluster, one)
    if (expected === undefined) continue
    const row = await cluster.row(one)
    const now = (cluster.clock.monotonic() / 1000).toFixed(0)
    if (row?.state !== expected) wrong.push(`e: ${one.draft.alarms[0]?.id} stands at ${row?.state} (${row?.reason}), the truth is ${expected}, at ${now} s`)
  }
  return wrong
}

/** What the alarm of a site must say; undefined when it is deleted. */
async function expectation(cluster: Cluster, one: Watched): Promise<string | undefined> {
  const alarm = await alarmOf(cluster, one)
  if (alarm === undefined) return undefined
  const { site, draft } = one
  const { disabled, criteria } = alarm
  const { up, latency, code } = site.truth()
  const fine = up && latency < draft.check.timeout * 1000 && (code === '200' || criteria?.includes('code') !== true)
  return disabled ? 'DISABLED' : fine ? 'OK' : 'CRITICAL'
}

/** The alarm as it is configured now. */
async function alarmOf(cluster: Cluster, { draft }: Watched): Promise<Alarm | undefined> {
  const stored = await cluster.run(cluster.observer.configuration.get('alarm', { tenant, entity: draft.entity.id }, draft.alarms[0]?.id ?? ''))
  return stored?.value
}

/** P5: who is watched by too few zones is UNKNOWN, and who is watched by enough is not. */
export async function blindness(cluster: Cluster, dead: readonly string[]): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const one of cluster.watched) {
    const alarm = await alarmOf(cluster, one)
    if (alarm === undefined || alarm.disabled) continue
    const row = await cluster.row(one)
    const configured = one.draft.check.monitoring_zones_poll ?? []
    const seeing = configured.filter((zone) => !dead.includes(zone)).length
    const enough = alarm.criteria?.includes('=ONE') === true ? 1 : Math.floor(configured.length / 2) + 1
    if ((row?.state === 'UNKNOWN') !== seeing < enough) wrong.push(`P5: ${alarm.id} is ${row?.state} (${row?.reason}), though ${seeing} of ${configured.length} zones report`)
  }
  return wrong
}

/** What who asked for it did not settle must not apply any more: only another compare-and-set settles it. */
export function settled({ store, deeds }: Cluster): readonly string[] {
  return store.history.flatMap((write) => (write.kind === 'version' && deeds.leftUnsettled(write.row.decisionId, write.moment)
    ? [`settled: ${write.row.key.alarm}@${write.row.version} applied at ${write.moment.toFixed(0)} ms, though who asked had looked at it again and left it at that`] : []))
}

/** P1: when a poller is told that an observation is safe, two regions have it, so that either may vanish. */
export function hasty({ store, acknowledged }: Cluster): readonly string[] {
  const safe = new Map<string, number>()
  for (const write of store.history) {
    if (write.kind !== 'observation') continue
    const id = observationId(write.observation)
    if (!safe.has(id)) safe.set(id, write.moment)
  }
  return [...acknowledged].filter(([id, moment]) => moment < (safe.get(id) ?? Number.POSITIVE_INFINITY)).map(([id]) => `P1: ${id} was acknowledged before two regions had it`)
}

/** P1: what a poller was told is safe can be read, and what was on its disk is not lost on the way. */
export async function lost(cluster: Cluster): Promise<readonly string[]> {
  const { observations } = cluster.observer
  const waiting = await cluster.waiting()
  const [acknowledged, spooled] = [[...cluster.acknowledged.keys()], [...cluster.spooled].filter((id) => !waiting.has(id))]
  const stored = new Set<string>()
  for (const { draft: { check } } of cluster.watched) {
    for (const zone of await cluster.run(observations.zones(check.id))) {
      for (const row of await cluster.run(Array.fromAsync(observations.range(check.id, zone, 0, Number.POSITIVE_INFINITY)))) stored.add(observationId(row))
    }
  }
  const missing = (ids: readonly string[], what: string) => ids.filter((id) => !stored.has(id)).map((id) => `P1: ${id} ${what} and is not there`)
  return [...missing(acknowledged, 'was acknowledged'), ...missing(spooled, 'left the disk of its poller')]
}

/** The ledgers as they are read are what the history saw being decided: every version once. */
export async function ledgers(cluster: Cluster): Promise<readonly string[]> {
  const wrong: string[] = []
  const decided = Map.groupBy(cluster.store.history.filter((write) => write.kind === 'version'), (write) => JSON.stringify(write.row.key))
  for (const versions of decided.values()) {
    const key = versions[0]?.row.key
    if (key === undefined) continue
    const entries = await cluster.run(cluster.observer.ledger.entries(key, 0, Number.MAX_SAFE_INTEGER))
    const row = await cluster.run(cluster.observer.ledger.read(key))
    const [read, seen] = [entries, versions.map((write) => write.entry)].map((all) => all.map((entry) => `${entry.version} ${entry.decisionId}`).join())
    if (read !== seen) wrong.push(`c: the ledger of ${key.alarm} reads ${read}, and was decided ${seen}`)
    if (row?.decisionId !== versions.at(-1)?.row.decisionId) wrong.push(`c: the row of ${key.alarm} is at version ${row?.version}, not at the last one that was decided`)
  }
  return wrong
}

/** P3: each notification of each change was delivered, or visibly was not; and nothing else was. */
export async function deliveries(cluster: Cluster): Promise<readonly string[]> {
  const { observer: { outbox }, mailbox, store } = cluster
  const wrong: string[] = []
  const due = new Map<string, number>()
  for (const write of store.history) {
    if (write.kind !== 'version') continue
    const { entry } = write
    const made = entry.notifications.length === 0 ? [] : await cluster.run(outbox.deliveries(entry.key, entry.version))
    for (const { notification } of entry.notifications) {
      const key = `${entry.key.alarm}:${entry.version}:${notification.id}`
      due.set(key, simulationStart + Math.floor(write.moment))
      const status = made.find((delivery) => delivery.notification.id === notification.id)?.status
      if (status !== 'delivered' && status !== 'expired') wrong.push(`P3: ${key} is ${status ?? 'missing'}`)
      else if (status === 'delivered' && !mailbox.all.some((mail) => mail.key === key)) wrong.push(`P3: ${key} is said to be delivered, and never came`)
    }
  }
  for (const mail of mailbox.all) {
    if (!due.has(mail.key)) wrong.push(`P3: ${mail.key} came, and no change asked for it`)
    else if (mail.at < (due.get(mail.key) ?? 0)) wrong.push(`P3: ${mail.key} came before its change was recorded`)
  }
  const intents = await cluster.run(outbox.intents(Number.MAX_SAFE_INTEGER, 10))
  return [...wrong, ...intents.map((intent) => `P3: the intent ${intent.key.alarm}@${intent.version} was never settled`)]
}

/** P6, where no site ever failed: nothing was told, and nothing but UNKNOWN and OK was recorded. */
export function peace({ mailbox, store }: Cluster): readonly string[] {
  const changes = store.history.flatMap((write) => (write.kind === 'version' && !['OK', 'UNKNOWN', 'DISABLED'].includes(write.row.state) ? [`P6: ${write.row.key.alarm}@${write.row.version} is ${write.row.state}: ${write.row.reason}`] : []))
  return [...mailbox.all.map((mail) => `P6: ${mail.state} was sent though no site ever failed: ${mail.key} ${mail.message.entry.reason}`), ...changes]
}
