import { createHash } from 'node:crypto'
import { Checker } from '../checker.ts'
import { alarm, entityWith, httpCheck } from '../drafts.ts'
import { checkTypes } from '../world.ts'
import { blindness, deliveries, hasty, ledgers, lost, peace, settled, truth } from './audit.ts'
import { Cluster } from './cluster.ts'
import { zones } from './places.ts'
import { Storm, type Mood } from './storm.ts'

export interface ClusterRun {
  readonly problems: readonly string[]
  /** of everything that was stored and told: the same seed gives the same */
  readonly trace: string
  readonly observations: number
  readonly versions: number
  /** of state */
  readonly changes: number
  readonly mails: number
  /** messages that came more than once */
  readonly duplicates: number
  /** between processes and replicas */
  readonly messages: number
  readonly journal: readonly string[]
}

/** ms: two storms, each with a while in which everything works again, and may find the truth */
const storms = [[40_000, 170_000, 300_000], [300_000, 430_000, 560_000]] as const

const blindFor = 85_000

/** Every other seed only our own side fails. */
export const moodOf = (seed: number): Mood => (seed % 2 === 0 ? 'ours' : 'all')

/** Nearly ten minutes of a whole cluster in which everything fails at random, mended twice to see whether it finds the truth again. */
export async function clusterRun(seed: number): Promise<ClusterRun> {
  const mood = moodOf(seed)
  const cluster = new Cluster(seed)
  await cluster.start()
  await sites(cluster)
  const storm = new Storm(cluster, mood)
  const checker = new Checker(new Map(checkTypes.map((type) => [type.type, type])))
  const problems: string[] = []
  for (const [from, to, quiet] of storms) {
    await cluster.clock.until(from)
    await storm.until(to)
    await storm.mend()
    await cluster.clock.until(quiet)
    problems.push(...await truth(cluster))
    checker.read(cluster.store.history)
    checker.quiet(cluster.clock.now())
  }
  if (seed % 3 === 0) problems.push(...await blinded(cluster))
  checker.read(cluster.store.history)
  problems.push(...checker.problems.map(({ law, alarm: id, version, what }) => `${law}: ${id}@${version} ${what}`))
  problems.push(...settled(cluster), ...hasty(cluster), ...await lost(cluster), ...await ledgers(cluster), ...await deliveries(cluster), ...(mood === 'ours' ? peace(cluster) : []))
  return { problems, journal: storm.journal, ...summary(cluster) }
}

/** All pollers but one are gone, for longer than any observation counts. */
async function blinded(cluster: Cluster): Promise<readonly string[]> {
  const dead = zones.slice(0, -1)
  for (const zone of dead) cluster.killPoller(zone)
  await cluster.clock.advance(blindFor)
  return blindness(cluster, dead)
}

/** Periods and zones differ, and every level is there. */
async function sites(cluster: Cluster): Promise<void> {
  const kinds = [
    [10, [0, 1, 2], alarm('QUORUM')], [15, [0, 1, 2, 3], alarm('QUORUM', { consecutiveCount: 2 })], [20, [0, 1, 2], alarm('ALL')],
    [20, [1, 2, 3], alarm('QUORUM', { criteria: '' })], [20, [1, 3], alarm('ONE')], [15, [3], alarm('QUORUM')],
  ] as const
  for (const [n, [period, places, one]] of kinds.entries()) {
    const site = cluster.network.http()
    const check = httpCheck(site.url, { period, timeout: 5, monitoring_zones_poll: places.flatMap((place) => zones[place] ?? []) })
    await cluster.watch(site, entityWith(check, one)(zones, n + 1))
  }
}

function summary({ store, mailbox }: Cluster): Omit<ClusterRun, 'problems' | 'journal'> {
  const mails = mailbox.all.map(({ at, key, state }) => ({ at, key, state }))
  return {
    trace: createHash('sha256').update(JSON.stringify([store.history, mails])).digest('hex'),
    observations: store.history.filter((write) => write.kind === 'observation').length,
    versions: store.history.filter((write) => write.kind === 'version').length,
    changes: store.history.filter((write) => write.kind === 'version' && write.entry.kind === 'state').length,
    mails: mails.length,
    duplicates: mails.length - new Set(mails.map((mail) => mail.key)).size,
    messages: store.ring.wires.sent,
  }
}
