import { createHash } from 'node:crypto'
import { simulationStart } from '../../src/adapters/simulated/clock.ts'
import { Chaos, type Mood, type Watched } from './chaos.ts'
import { alarm, entityWith, httpCheck } from './drafts.ts'
import { simulated, startSystem, type System } from './start-system.ts'

const zones = ['mzdfw', 'mzlon', 'mzord']

export interface RandomRun {
  readonly problems: readonly string[]
  /** of everything that was stored and told: the same seed gives the same */
  readonly trace: string
  readonly observations: number
  readonly versions: number
  readonly changes: number
  readonly mails: number
  /** messages that came more than once */
  readonly duplicates: number
  readonly journal: readonly string[]
}

/** Half an hour in which everything fails at random, mended three times to see whether it finds the truth again. */
export async function randomRun({ seed, mood }: { readonly seed: number; readonly mood: Mood }): Promise<RandomRun> {
  await using system = await startSystem(simulated({ seed, zones, pollers: [...zones, 'mzord/second'], servers: 2, notifyEvery: 2000 }))
  const watched = await sites(system)
  const chaos = new Chaos(system, watched, mood)
  const problems: string[] = []
  for (const minute of [2, 14, 26]) {
    await system.until(`${minute}m`)
    await chaos.until(`${minute + 6}m`)
    await chaos.mend()
    await system.until(`${minute + 12}m`)
    problems.push(...await truth(system, watched))
    system.checker.read(system.store.history)
    system.checker.quiet(system.world.clock.now())
  }
  await system.pass('12m')
  problems.push(...system.problems(), ...await deliveries(system))
  if (mood === 'ours') problems.push(...system.mailbox.all.map((mail) => `P6: ${mail.state} was sent though no site ever failed: ${mail.key} ${mail.message.entry.reason}`))
  return { problems, ...summary(system), journal: chaos.journal }
}

async function sites(system: System): Promise<Watched[]> {
  const kinds = [
    [60, alarm('QUORUM')], [30, alarm('QUORUM', { consecutiveCount: 3 })], [30, alarm('ALL')], [60, alarm('QUORUM', { criteria: '' })],
  ] as const
  const watched: Watched[] = []
  for (const [period, one] of kinds) {
    const site = system.target.http()
    const draft = await system.create(entityWith(httpCheck(site.url, { period }), one))
    const [value] = draft.alarms
    if (value !== undefined) watched.push({ site, draft, alarm: { version: 1, value } })
  }
  return watched
}

/** Law (e): what has been so for three periods in all zones is recorded. */
async function truth(system: System, watched: readonly Watched[]): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const { site, draft, alarm } of watched) {
    if (alarm.value === null) continue
    const { up, latency, code } = site.truth()
    const fine = up && latency < draft.check.timeout * 1000 && (code === '200' || alarm.value.criteria?.includes('code') !== true)
    const expected = alarm.value.disabled ? 'DISABLED' : fine ? 'OK' : 'CRITICAL'
    const row = await system.row(draft)
    if (row?.state !== expected) wrong.push(`e: ${alarm.value.id} stands at ${row?.state} (${row?.reason}), the truth is ${expected}, at ${system.world.clock.monotonic() / 60_000} min`)
  }
  return wrong
}

/** P3: each notification of each change was delivered, or visibly was not; and nothing else was. */
async function deliveries(system: System): Promise<readonly string[]> {
  const wrong: string[] = []
  const due = new Map<string, number>()
  for (const write of system.store.history) {
    if (write.kind !== 'version') continue
    const { entry } = write
    const made = await system.run(system.store.outbox.deliveries(entry.key, entry.version))
    for (const { notification } of entry.notifications) {
      const key = `${entry.key.alarm}:${entry.version}:${notification.id}`
      due.set(key, simulationStart + Math.floor(write.moment))
      const status = made.find((delivery) => delivery.notification.id === notification.id)?.status
      if (status !== 'delivered') wrong.push(`P3: ${key} is ${status ?? 'missing'}`)
      else if (!system.mailbox.all.some((mail) => mail.key === key)) wrong.push(`P3: ${key} is said to be delivered, and never came`)
    }
  }
  for (const mail of system.mailbox.all) {
    if (!due.has(mail.key)) wrong.push(`P3: ${mail.key} came, and no change asked for it`)
    else if (mail.at < (due.get(mail.key) ?? 0)) wrong.push(`P3: ${mail.key} came before its change was recorded`)
  }
  const intents = await system.run(system.store.outbox.intents(Number.POSITIVE_INFINITY, 10))
  wrong.push(...intents.map((intent) => `P3: the intent ${intent.key.alarm}@${intent.version} was never settled`))
  return wrong
}

function summary(system: System): Omit<RandomRun, 'problems' | 'journal'> {
  const { history } = system.store
  const mails = system.mailbox.all.map(({ at, key, state }) => ({ at, key, state }))
  const versions = history.filter((write) => write.kind === 'version')
  return {
    trace: createHash('sha256').update(JSON.stringify([history, mails])).digest('hex'),
    observations: history.filter((write) => write.kind === 'observation').length,
    versions: versions.length,
    changes: versions.filter((write) => write.entry.kind === 'state').length,
    mails: mails.length,
    duplicates: mails.length - new Set(mails.map((mail) => mail.key)).size,
  }
}
