/**
 * What the poller itself costs, without probes and without a store: one JSON line for a bare loop of timers and one for
 * the poller, each in turn on this process.
 *
 *     node scripts/bench/poller.ts [--checks 1000] [--period 2] [--seconds 10]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { observationId } from '../../src/core/observation.ts'
import type { ScheduledCheck } from '../../src/contracts/configuration.ts'
import type { Prober } from '../../src/contracts/prober.ts'
import type { ConfirmRequest, EndpointLink } from '../../src/contracts/transport.ts'
import { openFileSpool } from '../../src/adapters/spool/file-spool.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { systemLoopLag } from '../../src/adapters/system/loop-lag.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { Topics } from '../../src/adapters/system/topics.ts'
import { startPoller } from '../../src/roles/poller/start-poller.ts'

const { values } = parseArgs({ options: { checks: { type: 'string', default: '1000' }, period: { type: 'string', default: '2' }, seconds: { type: 'string', default: '10' } } })
const [checks, period, seconds] = [Number(values.checks), Number(values.period), Number(values.seconds)]

/** Counts runs, and how far each check's interval is from the period. */
class Gauge {
  readonly #last = new Map<string, number>()
  readonly #deviations: number[] = []
  runs = 0

  ran(check: string): void {
    const now = performance.now()
    const last = this.#last.get(check)
    if (last !== undefined) this.#deviations.push(Math.abs(now - last - period * 1000))
    this.#last.set(check, now)
    this.runs += 1
  }

  quantile(q: number): number {
    const sorted = this.#deviations.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
  }
}

/** Lets `subject` work for a period, then measures it for `seconds`. */
async function measure(subject: string, begin: (gauge: Gauge) => Promise<AsyncDisposable>): Promise<void> {
  const gauge = new Gauge()
  await using _ = await begin(gauge)
  await systemClock.sleep(period * 1000 + 500)
  gauge.runs = 0
  const [cpuBefore, startedAt] = [process.cpuUsage(), performance.now()]
  await systemClock.sleep(seconds * 1000)
  const { user, system } = process.cpuUsage(cpuBefore)
  const took = (performance.now() - startedAt) / 1000
  const round = (value: number, digits: number) => Number(value.toFixed(digits))
  process.stdout.write(`${JSON.stringify({
    subject, checks, period, checksPerSecond: round(gauge.runs / took, 1), cpuMicrosecondsPerCheck: round((user + system) / gauge.runs, 1),
    deviationP50: round(gauge.quantile(0.5), 2), deviationP99: round(gauge.quantile(0.99), 2), rssMiB: round(process.memoryUsage().rss / 2 ** 20, 1),
  })}\n`)
}

const ids = Array.from({ length: checks }, (_, n) => `ch${n.toString(36).padStart(8, '0')}`)

async function bareLoop(gauge: Gauge): Promise<AsyncDisposable> {
  const timers = new Map<string, NodeJS.Timeout>()
  const wait = (id: string, at: number): void => {
    timers.set(id, setTimeout(() => {
      gauge.ran(id)
      wait(id, at + period * 1000)
    }, Math.max(0, at - performance.now())))
  }
  for (const id of ids) wait(id, performance.now() + Math.random() * period * 1000)
  return {
    async [Symbol.asyncDispose]() {
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}

function scheduled(id: string): ScheduledCheck {
  const none = { label: null, metadata: null, created_at: 0, updated_at: 0 }
  return {
    tenant: '1', version: 1,
    entity: { ...none, id: 'en1', label: 'one', agent_id: null, ip_addresses: null, managed: false, uri: null },
    check: { ...none, id, entity_id: 'en1', type: 'remote.tcp', details: {}, disabled: false, period, timeout: 10, monitoring_zones_poll: ['mzlocal'], target_alias: null, target_hostname: 'localhost', target_resolver: null, confirm: true },
  }
}

async function poller(gauge: Gauge): Promise<AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'vedette-bench-'))
  const spool = await openFileSpool({ directory, clock: systemClock })
  const loopLag = systemLoopLag()
  const prober: Prober = {
    async run(_entity, check) {
      gauge.ran(check.id)
      return { available: true, status: 'code=200,rt=0.001s,bytes=10', metrics: { duration: { type: 'I', value: 1, unit: 'milliseconds' } }, target: '127.0.0.1' }
    },
  }
  const requests = new Topics<ConfirmRequest>(systemClock)
  const link: EndpointLink = {
    post: async (observations) => observations.map(observationId),
    schedule: async (_zone, owner, cursor) => ({ cursor: '1', full: cursor === '', upserts: cursor === '' ? ids.map(scheduled) : [], removes: [], pollers: [owner] }),
    confirmations: (zone, signal) => requests.subscribe(zone, signal),
  }
  const running = await startPoller({ zone: 'mzlocal', owner: 'bench', link, prober, spool, clock: systemClock, random: systemRandom, log: systemLog('warn'), loopLag })
  return {
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]()
      await spool[Symbol.asyncDispose]()
      loopLag[Symbol.dispose]()
      await rm(directory, { recursive: true })
    },
  }
}

await measure('bare timers', bareLoop)
await measure('poller', poller)
