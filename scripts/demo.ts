import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { listen, type Heard } from './lab/feed.ts'
import { nginx } from './lab/nginx.ts'
import { mailReceiver, webhookReceiver, type Receiver } from './lab/receivers.ts'
import { freePort, startVedette, type Vedette } from './lab/vedette.ts'

/**
 * Three zones in one process watch a real nginx that is stopped and started: the timeline from outage to page, and back. Then
 * 30 targets are stopped at random phases, and one zone is cut off alone. `npm run demo -- --targets 30 --cut 120`.
 */
const { values: flags } = parseArgs({ options: { targets: { type: 'string', default: '30' }, period: { type: 'string', default: '30' }, cut: { type: 'string', default: '120' }, json: { type: 'boolean', default: false } } })
const period = Number(flags.period)
const zones = ['mzeast', 'mznorth', 'mzwest']
/** the zones look from addresses of their own, so that a target can lose sight of one */
const sources = 'mzeast=127.0.0.2,mznorth=127.0.0.3,mzwest=127.0.0.4'
const cutSource = '127.0.0.2'

interface Watched { readonly check: string; readonly alarm: string }
interface Stage { readonly vedette: Vedette; readonly hooks: Receiver; readonly mails: Receiver; readonly plan: string; readonly entity: string; readonly heard: readonly Heard[] }

async function watch({ vedette: { api }, plan, entity }: Pick<Stage, 'vedette' | 'plan' | 'entity'>, label: string, port: number): Promise<Watched> {
  const check = await api.create(`/entities/${entity}/checks`, { label, type: 'remote.http', period, timeout: Math.min(10, period - 1), target_alias: 'here', monitoring_zones_poll: zones, details: { url: `http://127.0.0.1:${port}/` } })
  const alarm = await api.create(`/entities/${entity}/alarms`, { label, check_id: check, notification_plan_id: plan, criteria: "if (metric['code'] != '200') { return new AlarmStatus(CRITICAL, 'answers #{code}'); } return new AlarmStatus(OK, 'answers in #{duration} ms');" })
  return { check, alarm }
}

async function untilOk({ vedette: { api } }: Stage, alarms: readonly string[]): Promise<void> {
  const giveUp = Date.now() + 4 * period * 1000 + 30_000
  while (Date.now() < giveUp) {
    const rows = await api.all<{ latest_alarm_states: readonly { alarm_id: string; state: string }[] }>('/views/latest_alarm_states?limit=1000')
    const ok = new Set(rows.flatMap((row) => row.latest_alarm_states).filter((state) => state.state === 'OK').map((state) => state.alarm_id))
    if (alarms.every((alarm) => ok.has(alarm))) return
    await sleep(250)
  }
  throw new Error('the targets did not become OK')
}

/** Waits for the news of one change and prints when each step happened, in seconds after `since`. */
async function timeline(stage: Stage, { check, alarm }: Watched, label: string, verb: string, state: 'CRITICAL' | 'OK', since: number): Promise<void> {
  const patience = 3 * period * 1000
  const hook = await stage.hooks.next(since, (arrival) => arrival.alarm === alarm && arrival.state === state, patience)
  const mail = await stage.mails.next(since, (arrival) => arrival.alarm === label && arrival.state === state, patience)
  // The feed gathers news for a moment; its events carry their own times.
  await sleep(2000)
  const seen = stage.heard.filter((event) => event.kind === 'observation' && event.check === check && event.at >= since && event.available === (state === 'OK'))
  const recorded = stage.heard.find((event) => event.kind === 'state' && event.key.alarm === alarm && event.state === state && event.at >= since)
  const confirmed = seen.find((event) => event.kind === 'observation' && seen[0]?.kind === 'observation' && event.zone !== seen[0].zone)
  const steps: readonly (readonly [string, number | undefined])[] = [
    [`target ${verb}`, since], ['first zone saw', timeOf(seen[0])], ['confirmed by another', timeOf(confirmed)],
    ['recorded', timeOf(recorded)], ['webhook received', hook?.at], ['e-mail received', mail?.at],
  ]
  for (const [name, at] of steps) say(`  ${name.padEnd(22)} ${at === undefined ? 'NEVER' : `+${((at - since) / 1000).toFixed(3)} s`}`)
  if (hook === undefined || mail === undefined) process.exitCode = 1
}

const timeOf = (event: Heard | undefined): number | undefined => (event !== undefined && 'at' in event ? event.at : undefined)

function say(text: string): void {
  console.log(text)
}

/** A small target of our own; connections are refused while it is stopped, and from `refused` addresses they are dropped. */
class Target {
  port = 0
  readonly refused = new Set<string>()
  #server: Server | undefined

  async start(): Promise<void> {
    const server = createServer((_request, response) => response.end('hello\n'))
    server.on('connection', (socket) => { if (this.refused.has(socket.remoteAddress ?? '')) socket.destroy() })
    server.listen(this.port, '127.0.0.1')
    await once(server, 'listening')
    // A TCP server's address is never a path.
    this.port = (server.address() as AddressInfo).port
    this.#server = server
  }

  stop(): void {
    this.#server?.closeAllConnections()
    this.#server?.close()
  }
}

async function randomPhases(stage: Stage, count: number): Promise<void> {
  const targets = await Promise.all(Array.from({ length: count }, async (_, index) => {
    const target = new Target()
    await target.start()
    return { target, watched: await watch(stage, `target ${index}`, target.port) }
  }))
  await untilOk(stage, targets.map(({ watched }) => watched.alarm))
  say(`\n${count} targets, period ${period} s, each stopped at a random phase (connection refused):`)
  const waits = await Promise.all(targets.map(async ({ target, watched }) => {
    await sleep(Math.random() * count * 2000)
    const since = Date.now()
    target.stop()
    const arrival = await stage.hooks.next(since, (one) => one.alarm === watched.alarm && one.state === 'CRITICAL', 3 * period * 1000)
    return arrival === undefined ? Number.POSITIVE_INFINITY : (arrival.at - since) / 1000
  }))
  const sorted = waits.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  say(`  stop → webhook: median ${median.toFixed(2)} s, 90 % ${sorted[Math.floor(sorted.length * 0.9)]?.toFixed(2)} s, worst ${sorted.at(-1)?.toFixed(2)} s`)
  say(JSON.stringify({ demo: 'random phases', targets: count, period, median_s: median, worst_s: sorted.at(-1) }))
  if (!(median < 8)) process.exitCode = 1
}

async function cutOff(stage: Stage, seconds: number): Promise<void> {
  const target = new Target()
  await target.start()
  const watched = await watch(stage, 'cut', target.port)
  await untilOk(stage, [watched.alarm])
  const since = Date.now()
  target.refused.add(cutSource)
  await sleep(seconds * 1000)
  const seen = stage.heard.filter((event) => event.kind === 'observation' && event.check === watched.check && event.at >= since)
  const failed = seen.filter((event) => event.kind === 'observation' && !event.available)
  const pages = stage.hooks.arrivals.filter((arrival) => arrival.alarm === watched.alarm && arrival.at >= since).length
  say(`\none zone cut off alone for ${seconds} s: ${failed.length} of ${seen.length} observations failed, ${pages} pages`)
  say(JSON.stringify({ demo: 'one zone cut off', seconds, failed: failed.length, observations: seen.length, pages }))
  if (pages > 0 || failed.length === 0) process.exitCode = 1
  target.stop()
}

{
  await using hooks = await webhookReceiver()
  await using mails = await mailReceiver()
  await using vedette = await startVedette({ zones, env: { VEDETTE_SMTP_URL: mails.url, VEDETTE_ZONE_SOURCES: sources } })
  const { api } = vedette
  const told = await Promise.all([api.create('/notifications', { label: 'hook', type: 'webhook', details: { url: hooks.url } }), api.create('/notifications', { label: 'mail', type: 'email', details: { address: 'oncall@example.com' } })])
  const plan = await api.create('/notification_plans', { label: 'everybody', critical_state: told, warning_state: told, ok_state: told })
  const entity = await api.create('/entities', { label: 'demo', ip_addresses: { here: '127.0.0.1' } })
  await using listener = await listen(api)
  const stage: Stage = { vedette, hooks, mails, plan, entity, heard: listener.heard }
  const port = await freePort()
  await using server = await nginx([port])
  say(`Vedette on ${vedette.url} watches nginx on port ${port} from ${zones.join(', ')}, every ${period} s.`)
  const watched = await watch(stage, 'nginx', port)
  await untilOk(stage, [watched.alarm])
  await sleep(Math.random() * period * 1000)
  const stopped = Date.now()
  await server.stop()
  say('\noutage')
  await timeline(stage, watched, 'nginx', 'stopped', 'CRITICAL', stopped)
  await server.start()
  say('\nrecovery')
  await timeline(stage, watched, 'nginx', 'started', 'OK', Date.now())
  await randomPhases(stage, Number(flags.targets))
  await cutOff(stage, Number(flags.cut))
}
