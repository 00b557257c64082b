import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { knownByAll } from './lab/chaos-regions.ts'
import { ledger } from './lab/jobs.ts'
import { auditRegions } from './lab/region-audit.ts'
import { startRegionStage, type RegionStage, type Watched } from './lab/region-stage.ts'
import { Writes, longestGap } from './lab/writes.ts'

/**
 * For whoever films it: three Cassandra nodes in three data centres, nine Vedette processes, 300 real web servers that are watched from
 * four zones. A truck drives into dc2, and in the same moment one of the web servers dies. `npm run demo:truck -- --targets 300`.
 */
const { values: flags } = parseArgs({ options: { targets: { type: 'string', default: '300' }, period: { type: 'string', default: '10' }, without: { type: 'string', default: '60' }, logs: { type: 'string' } } })
const period = Number(flags.period)
const layout = ['api,console', 'endpoint', 'notifier,sweeper']
const victim = 17
const began = performance.now()
const bold = process.stdout.isTTY ? ['\x1b[1m', '\x1b[0m'] as const : ['', ''] as const
let wrong = 0

function say(text: string): void {
  const time = (performance.now() - began) / 1000
  console.log(`${String(Math.floor(time / 60)).padStart(2, '0')}:${(time % 60).toFixed(1).padStart(4, '0')}  ${text}`)
}

const shout = (text: string): void => say(bold.join(text))

function judge(good: boolean, text: string): void {
  if (!good) wrong += 1
  console.log(`  ${good ? 'yes' : 'NO '}  ${text}`)
}

/** How it goes on with the web server that died, or came back: from the turn to the page. */
async function follow(stage: RegionStage, watched: Watched, state: 'CRITICAL' | 'OK', since: number): Promise<void> {
  const arrival = await stage.receiver.next(since, (one) => one.alarm === watched.alarm && one.state === state, 6 * period * 1000)
  if (arrival === undefined) return shout(`nobody was told that target ${victim} is ${state}`)
  const entries = await ledger(stage.region(1).api, watched)
  const entry = entries.find((one) => one.kind === 'state' && one.state === state && one.at >= since)
  say(`target ${victim} is ${state}: recorded ${after(since, entry?.at)}, webhook received ${after(since, arrival.at)}`)
  say(`    "${entry?.status}"; ${entry?.reason}`)
}

const after = (since: number, at: number | undefined): string => (at === undefined ? 'NEVER' : `after ${((at - since) / 1000).toFixed(1)} s`)

/** How many observations each region acknowledged, and how long each zone heard nothing. */
function silences({ acknowledged, zones }: RegionStage, from: number, to: number): readonly number[] {
  return zones.map((zone) => longestGap([from, ...acknowledged.filter((one) => one.zone === zone && one.at >= from && one.at < to).map(({ at }) => at), to]) / 1000)
}

const counted = ({ acknowledged }: RegionStage, from: number, to: number): number => acknowledged.reduce((sum, { at, ids }) => (at >= from && at < to ? sum + ids.length : sum), 0)

/** The moment itself, and what follows from it; answers when it was. */
async function truck(stage: RegionStage, writes: Writes, watched: Watched): Promise<number> {
  writes.away(stage.region(2), true)
  const hit = Date.now()
  shout(`a truck drives into dc2: SIGKILL for its database and its ${layout.length} processes; target ${victim} dies as well`)
  await Promise.all([stage.region(2).kill(), stage.field.turn(victim, 'gone')])
  await Promise.all([follow(stage, watched, 'CRITICAL', hit), sleep(Number(flags.without) * 1000)])
  const zones = silences(stage, hit, Date.now())
  say(`observations went on: ${counted(stage, hit, Date.now())} acknowledged by dc1 and dc3; the longest silence of a zone was ${Math.max(...zones).toFixed(1)} s`)
  const { tried, failed, slowest_ms: slowest } = writes.summary(hit, Date.now())
  say(`the API took ${tried - failed} of ${tried} writes in dc1 and dc3, the slowest in ${slowest} ms`)
  return hit
}

async function recovery(stage: RegionStage, writes: Writes, watched: Watched): Promise<void> {
  const reviving = Date.now()
  shout('dc2 is put together again, and target 17 is back')
  await Promise.all([stage.region(2).revive(), stage.field.turn(victim, 'well')])
  writes.away(stage.region(2), false)
  say(`dc2 is ready ${after(reviving, Date.now())}`)
  await follow(stage, watched, 'OK', reviving)
  await sleep(3 * period * 1000)
}

async function verdict(stage: RegionStage, writes: Writes, since: number, hit: number): Promise<void> {
  const ended = Date.now()
  const { acknowledged, counts, changes, deliveries, unknown, examples } = await auditRegions(stage, since)
  const quiet = Math.max(...silences(stage, hit, ended))
  const { tried, failed } = writes.summary(hit, ended)
  const unknowns = Object.values(unknown).reduce((sum, count) => sum + count, 0)
  console.log(`\n${bold.join('Verdict')}`)
  judge(counts.lost === 0, `all of ${acknowledged} acknowledged observations are stored (${counts.lost} lost)`)
  judge(counts.missed === 0 && changes.expected === 2, `${changes.expected - counts.missed} of ${changes.expected} real changes are recorded`)
  judge(counts.extra === 0, `${counts.extra} changes that were not true (${unknowns} alarms turned UNKNOWN)`)
  judge(counts.missing === 0 && counts.waiting === 0 && counts.untold === 0 && counts.foreign === 0, `all of ${deliveries.recorded} recorded deliveries were received (${counts.missing} missing)`)
  judge(counts.repeated === 0, `${deliveries.duplicates} came twice, none more often`)
  judge(quiet < 30, `observations flowed again within ${quiet.toFixed(1)} s`)
  judge(tried > 0 && failed / tried < 0.01, `${tried - failed} of ${tried} API writes were taken`)
  for (const example of examples) console.log(`       ${example}`)
  console.log(JSON.stringify({ demo: 'truck', sound: wrong === 0, acknowledged, changes, deliveries, unknown, ...counts, silence_s: quiet, writes: { tried, failed } }))
}

{
  say('starting three data centres')
  await using stage = await startRegionStage({ layout, targets: Number(flags.targets), period, logs: flags.logs, say })
  const watched = stage.watched[victim]
  if (watched === undefined) throw new Error(`more than ${victim} targets are needed`)
  const since = Date.now()
  await knownByAll(stage)
  say(`all ${stage.watched.length} alarms are OK; the consoles: ${stage.regions.map(({ api }) => new URL(api.base).origin).join(' ')}`)
  const writes = new Writes(stage.regions)
  const stop = new AbortController()
  const writing = writes.keepWriting(stop.signal)
  const calm = Date.now()
  await sleep(2 * period * 1000)
  say(`${Math.round(counted(stage, calm, Date.now()) / (2 * period))} observations a second`)
  const hit = await truck(stage, writes, watched)
  await recovery(stage, writes, watched)
  stop.abort()
  await writing
  await verdict(stage, writes, since, hit)
}
process.exitCode = wrong === 0 ? 0 : 1
