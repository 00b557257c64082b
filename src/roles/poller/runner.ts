import PQueue from 'p-queue'
import type { Observation } from '../../core/observation.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { LoopLag } from '../../contracts/loop-lag.ts'
import type { Prober, ProbeResult } from '../../contracts/prober.ts'
import type { Canaries } from './canaries.ts'
import { Lateness } from './lateness.ts'
import type { DueRun } from './rota.ts'
import type { PollerSettings } from './settings.ts'
import { stressOf } from './stress.ts'
import { late, within } from './waiting.ts'

export interface RunnerDeps {
  readonly zone: string
  readonly boot: string
  readonly prober: Prober
  readonly clock: Clock
  readonly log: Log
  readonly loopLag: LoopLag
  readonly canaries: Canaries
  readonly settings: PollerSettings
  /** where observations go */
  readonly take: (observation: Observation) => void
}

/** Runs what is due, so many at once, and makes an observation of each run. Confirming runs have places of their own. */
export class Runner {
  readonly #deps: RunnerDeps
  readonly #ordinary: PQueue
  readonly #confirming: PQueue
  readonly #hardStop = new AbortController()
  #stopping = false
  #sequence = 0
  readonly lateness = new Lateness()
  readonly counts = { runs: 0, confirming: 0, skipped: 0, stressed: 0, faults: 0, aborted: 0 }

  constructor(deps: RunnerDeps) {
    this.#deps = deps
    this.#ordinary = new PQueue({ concurrency: deps.settings.concurrency })
    this.#confirming = new PQueue({ concurrency: deps.settings.confirming })
  }

  get running(): number {
    return this.#ordinary.pending + this.#confirming.pending
  }

  get queued(): number {
    return this.#ordinary.size + this.#confirming.size
  }

  /** Starts a run as soon as there is a place. A check that still waits for its last slot's place is not queued twice. */
  async start(run: DueRun): Promise<void> {
    if (run.duty.waiting && run.request === null) {
      this.counts.skipped += 1
      return
    }
    if (run.request === null) run.duty.waiting = true
    const { clock } = this.#deps
    const takenAt = clock.monotonic()
    const lateness = Math.max(0, clock.now() - run.due)
    const queue = run.request === null ? this.#ordinary : this.#confirming
    await queue.add(() => this.#run(run, lateness, takenAt))
  }

  /** Starts nothing more, lets what runs end for `ms` and then cuts it off. */
  async stop(ms: number): Promise<void> {
    this.#stopping = true
    const idle = Promise.all([this.#ordinary.onIdle(), this.#confirming.onIdle()])
    if ((await within(this.#deps.clock, ms, idle)) === late) this.#hardStop.abort(new Error('The poller stops'))
    await idle
  }

  async #run(run: DueRun, lateness: number, takenAt: number): Promise<void> {
    const { clock, loopLag, canaries, settings } = this.#deps
    const { duty, request } = run
    if (request === null) duty.waiting = false
    if (this.#stopping || !duty.mine) return
    const [at, startedAt, mark] = [clock.now(), clock.monotonic(), loopLag.mark()]
    const startDelay = lateness + startedAt - takenAt
    this.lateness.add(startDelay)
    const result = await this.#probe(run)
    if (result === undefined) return
    const lag = loopLag.since(mark)
    const canariesSilent = canaries.silent || (!result.available && result.cannot !== true && (await canaries.silentSince(startedAt)))
    const stressed = stressOf(result, { timeout: duty.what.check.timeout * 1000, startDelay, lag, canariesSilent }, settings)
    this.#observe(run, result, { at, startDelay: Math.round(startDelay), lag: Math.round(lag), stressed })
  }

  async #probe({ duty: { what } }: DueRun): Promise<ProbeResult | undefined> {
    try {
      return await this.#deps.prober.run(what.entity, what.check, { signal: this.#hardStop.signal })
    } catch (error) {
      if (this.#hardStop.signal.aborted) {
        this.counts.aborted += 1
        return undefined
      }
      // A probe that throws is our bug; it must not say anything about the target.
      this.counts.faults += 1
      this.#deps.log.error({ check: what.check.id, type: what.check.type, error: String(error) }, 'a probe failed in itself')
      return { available: false, cannot: true, status: 'the probe failed in itself', metrics: {}, target: null }
    }
  }

  #observe({ duty: { what }, slot, request }: DueRun, result: ProbeResult, seen: Pick<Observation, 'at' | 'startDelay' | 'lag' | 'stressed'>): void {
    const { zone, boot, take } = this.#deps
    const sequence = ++this.#sequence
    this.counts.runs += 1
    if (request !== null) this.counts.confirming += 1
    if (seen.stressed !== null) this.counts.stressed += 1
    take({
      tenant: what.tenant, entity: what.entity.id, check: what.check.id, zone, slot, kind: request === null ? 'scheduled' : 'confirming',
      boot, sequence, at: seen.at, receivedAt: 0, available: result.available, status: result.status, metrics: result.metrics,
      target: result.target, startDelay: seen.startDelay, lag: seen.lag, stressed: seen.stressed,
      trace: request?.trace ?? boot + sequence.toString(16).padStart(16, '0'),
    })
  }
}
