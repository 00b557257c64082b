import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { LoopLag } from '../../contracts/loop-lag.ts'
import type { Prober } from '../../contracts/prober.ts'
import type { Random } from '../../contracts/random.ts'
import type { Spool, SpoolStats } from '../../contracts/spool.ts'
import type { EndpointLink } from '../../contracts/transport.ts'
import { Canaries, type CanarySettings } from './canaries.ts'
import { Confirmations } from './confirmations.ts'
import { Courier } from './courier.ts'
import { Lateness } from './lateness.ts'
import { Rota, type DueRun } from './rota.ts'
import { Runner } from './runner.ts'
import { pollerDefaults, type PollerSettings } from './settings.ts'
import { rest } from './waiting.ts'

export interface PollerDeps {
  readonly zone: string
  /** the name of this poller among its zone's */
  readonly owner: string
  readonly link: EndpointLink
  readonly prober: Prober
  readonly spool: Spool
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly loopLag: LoopLag
  readonly settings?: Partial<PollerSettings>
  readonly canary?: CanarySettings
}

/** What a poller tells about itself, for /metrics; counts are since its start. */
export interface PollerStats {
  readonly zone: string
  readonly boot: string
  /** checks of the zone, and those that this poller runs */
  readonly checks: number
  readonly mine: number
  readonly runs: { readonly runs: number; readonly confirming: number; readonly skipped: number; readonly stressed: number; readonly faults: number; readonly aborted: number }
  readonly running: number
  readonly queued: number
  /** standstills and clock steps after which it went on from the present */
  readonly realigned: number
  readonly lateness: { readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number }
  readonly confirmations: { readonly asked: number; readonly repeated: number; readonly refused: number }
  readonly posts: { readonly taken: number; readonly acknowledged: number; readonly posts: number; readonly failedPosts: number; readonly lost: number }
  /** observations in memory that are not on their way yet */
  readonly waiting: number
  readonly spool: SpoolStats
  readonly canariesSilent: boolean
}

export interface Poller extends AsyncDisposable { stats(): PollerStats }

/** The wheel is looked at once in so many ms at least: what is put in between is not later than that. */
const longestSleep = 250

/** Runs a zone's checks, or its share of them. Disposing it ends what runs, and leaves nothing unposted that is not on disk. */
export async function startPoller(deps: PollerDeps): Promise<Poller> {
  const poller = new RunningPoller(deps)
  await poller.pull()
  poller.start()
  return poller
}

class RunningPoller implements Poller {
  readonly #deps: PollerDeps
  readonly #settings: PollerSettings
  readonly #boot: string
  readonly #stop = new AbortController()
  readonly #rota: Rota
  readonly #canaries: Canaries
  readonly #runner: Runner
  readonly #courier: Courier
  readonly #confirmations: Confirmations
  readonly #runs = new Set<Promise<void>>()
  #loops: readonly Promise<void>[] = []
  #cursor = ''
  #deaf = false
  #realigned = 0

  constructor(deps: PollerDeps) {
    const { zone, owner, link, prober, spool, clock, random, loopLag, canary } = deps
    const log = deps.log.with({ zone })
    const settings = { ...pollerDefaults, ...deps.settings }
    this.#deps = { ...deps, log }
    this.#settings = settings
    this.#boot = Array.from(random.bytes(8), (byte) => byte.toString(16).padStart(2, '0')).join('')
    this.#rota = new Rota(zone, owner, settings, clock.now())
    this.#canaries = new Canaries(canary ?? { checks: [], every: 10_000 }, prober, clock, this.#stop.signal)
    this.#courier = new Courier({ link, spool, clock, random, log, settings, signal: this.#stop.signal })
    this.#runner = new Runner({ zone, boot: this.#boot, prober, clock, log, loopLag, canaries: this.#canaries, settings, take: (observation) => this.#courier.take(observation) })
    this.#confirmations = new Confirmations({ zone, link, rota: this.#rota, clock, log, settings, start: (run) => this.#start(run) })
  }

  start(): void {
    const { signal } = this.#stop
    this.#loops = [this.#follow(signal), this.#turn(signal), this.#courier.live(), this.#courier.backlog(), this.#confirmations.follow(signal), this.#canaries.watch()]
  }

  /** Asks for what has changed in the zone; without an answer it goes on with what it knows. */
  async pull(): Promise<void> {
    const { link, zone, owner, clock, log } = this.#deps
    try {
      const delta = await link.schedule(zone, owner, this.#cursor, this.#stop.signal)
      this.#cursor = delta.cursor
      this.#rota.apply(delta, delta.pollers, clock.now())
      if (this.#deaf) log.info({ checks: this.#rota.checks }, 'the schedule comes again')
      this.#deaf = false
    } catch (error) {
      if (!this.#deaf && !this.#stop.signal.aborted) log.warn({ error: String(error) }, 'no schedule from the endpoint; going on with the one at hand')
      this.#deaf = true
    }
  }

  stats(): PollerStats {
    const { lateness, counts: runs, running, queued } = this.#runner
    return {
      zone: this.#deps.zone, boot: this.#boot, checks: this.#rota.checks, mine: this.#rota.countMine(),
      runs, running, queued, realigned: this.#realigned,
      lateness: { bounds: Lateness.bounds, counts: lateness.counts, sum: lateness.sum },
      confirmations: this.#confirmations.counts, posts: this.#courier.counts, waiting: this.#courier.waiting,
      spool: this.#deps.spool.stats(), canariesSilent: this.#canaries.silent,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('The poller stops'))
    await this.#runner.stop(this.#settings.drain)
    await Promise.all([...this.#runs, ...this.#loops])
    await this.#courier.close()
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await rest(this.#deps.clock, this.#settings.pull, signal)
      if (!signal.aborted) await this.pull()
    }
  }

  /** One timer for all checks. It sleeps without the signal, because listening to one costs as much as the sleep. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    let [wall, monotonic, asked] = [clock.now(), clock.monotonic(), 0]
    while (!signal.aborted) {
      const [wallBefore, monotonicBefore] = [wall, monotonic]
      ;[wall, monotonic] = [clock.now(), clock.monotonic()]
      this.#realignAfter(monotonic - monotonicBefore - asked, wall - wallBefore - (monotonic - monotonicBefore), wall, wallBefore)
      for (const run of this.#rota.advance(wall)) this.#start(run)
      asked = Math.min(longestSleep, Math.max(1, this.#rota.nextAt() - clock.now()))
      await clock.sleep(asked)
    }
  }

  /** What was missed while the process stood still or the clock was set is skipped, rather than run all at once. */
  #realignAfter(stoodStill: number, stepped: number, now: number, since: number): void {
    if (stoodStill <= this.#settings.skipAfter && Math.abs(stepped) <= this.#settings.skipAfter) return
    this.#realigned += 1
    this.#deps.log.warn({ stoodStill: Math.round(stoodStill), stepped: Math.round(stepped) }, 'lost time; going on from the present')
    this.#rota.realign(now, since)
  }

  /** Every run has an owner until it ends: this set. */
  #start(run: DueRun): void {
    const running = this.#own(run, () => this.#runs.delete(running))
    this.#runs.add(running)
  }

  async #own(run: DueRun, done: () => void): Promise<void> {
    await this.#runner.start(run)
    done()
  }
}
