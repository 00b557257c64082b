import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import PQueue from 'p-queue'
import { startVedette, type Vedette } from '../lab/vedette.ts'

/**
 * The whole program under load, everything durable, an alarm a check, beside a bare socket loop at the same rate in the same
 * run: `node scripts/bench/system.ts --checks 5000 --period 10`. CPU is that of all threads of the process.
 */
const { values: flags } = parseArgs({ options: { checks: { type: 'string' }, period: { type: 'string' }, seconds: { type: 'string', default: '60' } } })
const cases = flags.checks === undefined ? [[1000, 30], [5000, 10]] as const : [[Number(flags.checks), Number(flags.period ?? 30)]] as const
const seconds = Number(flags.seconds)
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

interface Seen { readonly paths: number; readonly requests: number; readonly intervals: number; readonly p50: number; readonly p99: number }
interface Measured extends Seen { readonly cpuMs: number; readonly rssMb: number; readonly peakMb: number }

class Target implements Disposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  port = 0

  constructor(period: number) {
    this.#child = spawn(process.execPath, [here('target-child.ts'), String(period)], { stdio: ['pipe', 'pipe', 'inherit'] })
    if (this.#child.stdout === null) throw new Error('the target has no output')
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]()
  }

  // The child is ours and prints what its page says.
  async #line<T>(): Promise<T> {
    return JSON.parse(String((await this.#lines.next()).value)) as T
  }

  async ready(): Promise<void> {
    this.port = (await this.#line<{ port: number }>()).port
  }

  reset(): void {
    this.#child.stdin?.write('reset\n')
  }

  async report(): Promise<Seen> {
    this.#child.stdin?.write('report\n')
    return this.#line<Seen>()
  }

  [Symbol.dispose](): void {
    this.#child.kill()
  }
}

/** Processor time (ms) of all threads of a process: fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms (proc(5)). */
async function cpuOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function memoryOf(pid: number): Promise<{ rssMb: number; peakMb: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kb = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 102.4) / 10
  return { rssMb: kb('VmRSS'), peakMb: kb('VmHWM') }
}

async function measure(pid: number, target: Target): Promise<Measured> {
  target.reset()
  const before = await cpuOf(pid)
  await sleep(seconds * 1000)
  const cpuMs = (await cpuOf(pid)) - before
  return { ...await target.report(), cpuMs, ...await memoryOf(pid) }
}

async function configure({ api }: Vedette, checks: number, period: number, port: number): Promise<void> {
  const hook = await api.create('/notifications', { label: 'nobody', type: 'webhook', details: { url: 'http://127.0.0.1:9/' } })
  const plan = await api.create('/notification_plans', { label: 'plan', critical_state: [hook] })
  const queue = new PQueue({ concurrency: 16 })
  const perEntity = 100
  await queue.addAll(Array.from({ length: Math.ceil(checks / perEntity) }, (_, group) => async () => {
    const entity = await api.create('/entities', { label: `group ${group}`, ip_addresses: { here: '127.0.0.1' } })
    for (let n = group * perEntity; n < Math.min(checks, (group + 1) * perEntity); n++) {
      const check = await api.create(`/entities/${entity}/checks`, { type: 'remote.http', period, timeout: Math.min(period - 1, 10), target_alias: 'here', monitoring_zones_poll: ['mzlocal'], details: { url: `http://127.0.0.1:${port}/${n}` } })
      await api.create(`/entities/${entity}/alarms`, { check_id: check, notification_plan_id: plan, criteria: "if (metric['code'] != '200') { return new AlarmStatus(CRITICAL, 'answers #{code}'); }" })
    }
  }))
}

async function runVedette(checks: number, period: number): Promise<Measured> {
  using target = new Target(period)
  await target.ready()
  await using vedette = await startVedette({ env: { VEDETTE_WATCH_SELF: 'no', VEDETTE_LOG_LEVEL: 'warn' } })
  await configure(vedette, checks, period, target.port)
  await sleep(Math.min(period * 2000, 40_000))
  return await measure(vedette.process().pid ?? 0, target)
}

async function runBare(checks: number, period: number): Promise<Measured> {
  using target = new Target(period)
  await target.ready()
  const child = spawn(process.execPath, [here('bare-child.ts'), String(target.port), String(checks), String(period)], { stdio: ['pipe', 'inherit', 'inherit'] })
  await sleep(Math.min(period * 1000, 10_000))
  const measured = await measure(child.pid ?? 0, target)
  const ended = once(child, 'exit')
  child.kill()
  await ended
  return measured
}

const round = (value: number): number => Math.round(value * 1000) / 1000
const line = (who: string, checks: number, period: number, m: Measured) => ({
  bench: 'system', who, checks, period_s: period, checks_per_s: round(m.requests / seconds), cpu_ms_per_check: round(m.cpuMs / m.requests), interval_p50_ms: m.p50, interval_p99_ms: m.p99, rss_mb: m.rssMb, peak_rss_mb: m.peakMb,
})

for (const [checks, period] of cases) {
  const bare = await runBare(checks, period)
  console.log(JSON.stringify(line('bare socket loop', checks, period, bare)))
  const ours = await runVedette(checks, period)
  console.log(JSON.stringify(line('vedette', checks, period, ours)))
  console.log(JSON.stringify({ bench: 'system', who: 'ratio', checks, period_s: period, cpu: round(ours.cpuMs / ours.requests / (bare.cpuMs / bare.requests)), interval_p99: round(ours.p99 / bare.p99), missing_runs: round(1 - ours.requests / bare.requests) }))
}
