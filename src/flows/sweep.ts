import { StoreUnavailable } from '../contracts/errors.ts'
import type { IngestHealth } from './ingest-health.ts'
import type { OverdueHeartbeats } from './overdue.ts'
import { OrphanedIntents, type SettleDeps } from './settle-intents.ts'
import { allSlices, sliceOf, sliceCount, type Slices } from './slices.ts'
import { AlarmWatch, type WatchDeps } from './watch-alarms.ts'

/** `orphanAfter`: ms until an intent without a change is an orphan. `unknownPerRound`: alarms that may turn UNKNOWN a round. */
export interface SweepSettings { readonly orphanAfter: number; readonly unknownPerRound: number }
export const sweepDefaults: SweepSettings = { orphanAfter: 10_000, unknownPerRound: 100 }

export interface SweepDeps extends SettleDeps, Omit<WatchDeps, 'unknownPerRound'> {
  readonly health: IngestHealth
  readonly overdue: OverdueHeartbeats
  /** zones whose pollers are gone; absent: nobody knows */
  readonly zonesLost?: () => Promise<ReadonlySet<string>>
  readonly settings: SweepSettings
}

/** Plans are doubted so often (ms). */
const doubtEvery = 60_000
/** After so many rows that were looked at for strays, a pause of so many ms: there is no hurry. */
const strayPage = 200
const strayPause = 100

/**
 * Looks for what did not come. Many may sweep at once, also the same slices: compare-and-set makes that harmless, and
 * sharing them out only makes it cheap.
 */
export class Sweep {
  readonly #deps: SweepDeps
  readonly #watch: AlarmWatch
  readonly #intents: OrphanedIntents
  #rounds = 0
  #doubtedAt = Number.NEGATIVE_INFINITY

  constructor(deps: SweepDeps) {
    this.#deps = deps
    this.#watch = new AlarmWatch({ ...deps, unknownPerRound: deps.settings.unknownPerRound })
    this.#intents = new OrphanedIntents(deps)
  }

  /** for /metrics */
  get counts(): { readonly rounds: number; readonly orphans: number; readonly blind: number } {
    return { rounds: this.#rounds, orphans: this.#intents.settled, blind: this.#watch.blind }
  }

  /**
   * Once for slices that become ours: what was decided or configured half when a process died is completed. Rejects when
   * some of it was not. Who has all slices is alone, and no intent is anybody else's.
   */
  async recover(signal: AbortSignal, slices: Slices = allSlices): Promise<void> {
    if (slices.size === sliceCount) await this.#intents.look(this.#deps.clock.now())
    const failed = await this.#watch.recover(signal, slices)
    if (failed > 0) throw new Error(`${failed} entities could not be brought in line with their configuration`)
  }

  /** What any process does whether or not it sweeps: `within` ms after the time before, it was awake; it doubts its plans now and then, and decides what it owes. */
  async awake(within: number): Promise<void> {
    const { health, clock, plans, decider } = this.#deps
    health.pulse(within)
    if (clock.monotonic() - this.#doubtedAt >= doubtEvery) {
      this.#doubtedAt = clock.monotonic()
      plans.doubt()
    }
    await decider.catchUp()
  }

  /** One round over our slices: orphaned intents, overdue heartbeats, rows that do not fit their configuration, blind alarms. `within` as in `awake`. */
  async round(signal: AbortSignal, within = Number.POSITIVE_INFINITY, slices: Slices = allSlices): Promise<void> {
    const { health } = this.#deps
    this.#rounds += 1
    health.pulse(within)
    try {
      await this.#look(signal, within, slices)
    } catch (error) {
      // Who takes nothing in hears of an outage here: what nobody could store meanwhile was no silence.
      if (error instanceof StoreUnavailable) health.failed()
      throw error
    }
  }

  async #look(signal: AbortSignal, within: number, slices: Slices): Promise<void> {
    const { overdue, clock, settings, zonesLost } = this.#deps
    // Intents lie in no slice: whoever has the first one looks after them.
    if (slices.has(0)) await this.#intents.look(clock.now() - settings.orphanAfter)
    await overdue.look(signal, (tenant, entity) => slices.has(sliceOf(tenant, entity)))
    await this.#watch.round(signal, slices, await zonesLost?.() ?? new Set(), within)
  }

  /** Slowly, now and then: rows of entities that were deleted when a process died before it had buried them. */
  async strays(signal: AbortSignal, slices: Slices = allSlices): Promise<void> {
    const { configuration, ledger, tenants, configured, clock } = this.#deps
    for (const tenant of await tenants()) {
      const there = new Set(await Array.fromAsync(configuration.entities(tenant)))
      let passed = 0
      for await (const { key: { entity } } of ledger.allRows(tenant)) {
        passed += 1
        if (passed % strayPage === 0) await clock.sleep(strayPause, signal)
        if (there.has(entity) || !slices.has(sliceOf(tenant, entity))) continue
        // Once is enough for all of its rows, whether or not it could be done.
        there.add(entity)
        await configured(tenant, entity)
      }
    }
  }

  /** The configuration of an entity has changed on this node. */
  changed(tenant: string, entity: string): void {
    this.#watch.changed(tenant, entity)
  }
}
