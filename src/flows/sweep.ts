import type { AlarmRow, LedgerEntry } from '../core/alarm-row.ts'
import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ConfigurationRepository, Page, Stored } from '../contracts/configuration.ts'
import type { Log } from '../contracts/log.ts'
import type { Intent, Outbox } from '../contracts/outbox.ts'
import type { Random } from '../contracts/random.ts'
import { bumpRow } from './alarm-rows.ts'
import type { Decider } from './decide.ts'
import type { IngestHealth } from './ingest-health.ts'
import type { OverdueHeartbeats } from './overdue.ts'
import type { AlarmPlan, Plans } from './plans.ts'
import { nameOf } from './unsettled.ts'

/** `orphanAfter`: ms until an intent without a change is an orphan. `unknownPerRound`: alarms that may turn UNKNOWN a round. */
export interface SweepSettings { readonly orphanAfter: number; readonly unknownPerRound: number }
export const sweepDefaults: SweepSettings = { orphanAfter: 10_000, unknownPerRound: 100 }

export interface SweepDeps {
  readonly plans: Plans
  readonly configuration: ConfigurationRepository
  readonly ledger: AlarmLedger
  readonly outbox: Outbox
  readonly decider: Decider
  readonly health: IngestHealth
  readonly overdue: OverdueHeartbeats
  readonly enqueueAll: (entry: LedgerEntry) => Promise<void>
  /** brings an entity's alarm rows in line with its configuration */
  readonly configured: (tenant: string, entity: string) => Promise<void>
  readonly tenants: () => Promise<readonly string[]>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings: SweepSettings
}

/** An alarm that need not be looked at before a time (monotonic ms), as long as its configuration stays. */
interface Rest { readonly until: number; readonly generation: number }

/** One pass over all alarms. */
interface Pass { readonly rests: Map<string, Rest>; readonly repaired: Set<string>; budget: number; failures: number; rows: number }

/** What failed is left alone for so long (ms), and so many failures end a pass: neither stands before the others for ever. */
const restAfterFailure = 30_000
const mostFailures = 50
/** Plans are doubted so often (ms). */
const doubtEvery = 60_000
/** After so many rows, or entities, others get their turn. */
const breath = 200
const intentsAtOnce = 1000

/** Looks for what did not come. Many may sweep at once: compare-and-set makes that harmless. */
export class Sweep {
  readonly #deps: SweepDeps
  #rests = new Map<string, Rest>()
  /** intents that the round before could not settle: they come first again, and must not hide the others */
  #stuck = 0
  #doubtedAt = Number.NEGATIVE_INFINITY
  /** for /metrics */
  readonly counts = { rounds: 0, orphans: 0, blind: 0 }

  constructor(deps: SweepDeps) {
    this.#deps = deps
  }

  /** Once after a start: what was decided or configured half when a process died is completed. Rejects when some of it was not. */
  async recover(signal: AbortSignal): Promise<void> {
    await this.#settleIntents(this.#deps.clock.now())
    let [failed, done] = [0, 0]
    for (const tenant of await this.#deps.tenants()) {
      for await (const entity of this.#entities(tenant)) {
        if (signal.aborted) return
        if (!(await this.#tried(tenant, entity, () => this.#recoverEntity(tenant, entity)))) failed += 1
        done += 1
        if (done % breath === 0) await this.#deps.clock.sleep(0, signal)
      }
    }
    if (failed > 0) throw new Error(`${failed} entities could not be brought in line with their configuration`)
  }

  /** What any process does whether or not it sweeps: `within` ms after the time before, it was awake; it doubts its plans now and then, and decides what it owes. */
  async awake(within: number): Promise<void> {
    const { health, clock, plans } = this.#deps
    health.pulse(within)
    if (clock.monotonic() - this.#doubtedAt >= doubtEvery) {
      this.#doubtedAt = clock.monotonic()
      plans.doubt()
    }
    await this.#deps.decider.catchUp()
  }

  /** One round: orphaned intents, overdue heartbeats, rows that do not fit their configuration, blind alarms. `within` as in `awake`. */
  async round(signal: AbortSignal, within = Number.POSITIVE_INFINITY): Promise<void> {
    this.counts.rounds += 1
    this.#deps.health.pulse(within)
    await this.#settleIntents(this.#deps.clock.now() - this.#deps.settings.orphanAfter)
    await this.#deps.overdue.look(signal)
    const pass: Pass = { rests: new Map(), repaired: new Set(), budget: this.#deps.settings.unknownPerRound, failures: 0, rows: 0 }
    for (const tenant of await this.#deps.tenants()) {
      for await (const row of this.#deps.ledger.allRows(tenant)) {
        if (signal.aborted) return
        pass.rows += 1
        if (pass.rows % breath === 0) await this.#deps.clock.sleep(0, signal)
        this.#deps.health.pulse(within)
        await this.#look(row, pass)
      }
    }
    this.#rests = pass.rests
  }

  /** One row of a pass; most need nothing, and most of those are known to need nothing yet. */
  async #look(row: AlarmRow, pass: Pass): Promise<void> {
    const { tenant, entity } = row.key
    const name = nameOf(row.key)
    const now = this.#deps.clock.monotonic()
    const rest = this.#rests.get(name)
    const restsOn = rest !== undefined && rest.generation === row.generation && now < rest.until
    if (restsOn) pass.rests.set(name, rest)
    if (restsOn || pass.failures >= mostFailures) return
    const done = await this.#tried(tenant, entity, async () => {
      const until = await this.#judge(row, pass)
      if (until !== undefined) pass.rests.set(name, { until: now + until - this.#deps.clock.now(), generation: row.generation })
    })
    if (done) return
    pass.failures += 1
    pass.rests.set(name, { until: now + restAfterFailure, generation: row.generation })
  }

  /** Until when (ms) silence changes nothing of this alarm; undefined when it has to be looked at again in the next round. */
  async #judge(row: AlarmRow, pass: Pass): Promise<number | undefined> {
    const plan = await this.#deps.plans.alarm(row.key)
    if (plan?.generation !== row.generation) return this.#repair(row, pass)
    if (row.state === 'UNKNOWN' || row.state === 'DISABLED' || pass.budget === 0 || !this.#mayJudge(plan)) return undefined
    const { outcome, standsUntil } = await this.#deps.decider.review(plan, 'sweep', true)
    if (outcome === 'changed' && standsUntil < this.#deps.clock.now()) {
      pass.budget -= 1
      this.counts.blind += 1
    }
    return standsUntil
  }

  /** Silence means something after a freshness window in which ingest was up and nothing was configured anew. */
  #mayJudge({ rule, check, alarm }: AlarmPlan): boolean {
    const since = Math.max(check.updated_at, alarm.updated_at)
    return this.#deps.health.healthyFor() >= rule.freshFor && this.#deps.clock.now() - since >= rule.freshFor
  }

  /** Somebody died between a commit to the configuration and its rows, or we have not heard of the commit. */
  async #repair({ key: { tenant, entity } }: AlarmRow, pass: Pass): Promise<undefined> {
    const name = `${tenant}/${entity}`
    if (pass.repaired.has(name)) return
    pass.repaired.add(name)
    await this.#deps.configured(tenant, entity)
  }

  async #recoverEntity(tenant: string, entity: string): Promise<void> {
    await this.#deps.configured(tenant, entity)
    for (const check of (await this.#deps.plans.of(tenant, entity)).values()) {
      for (const plan of check.alarms) await this.#deps.decider.review(plan, 'recover', false)
    }
  }

  /** False when it failed. */
  async #tried(tenant: string, entity: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      this.#deps.log.warn({ tenant, entity, error: String(error) }, 'could not look after an entity; it is tried again')
      return false
    }
  }

  async *#entities(tenant: string): AsyncGenerator<string> {
    let marker: string | null = ''
    while (marker !== null) {
      const page: Page<Stored<'entity'>> = await this.#deps.configuration.list('entity', { tenant }, { limit: 500, marker })
      for (const stored of page.values) yield stored.id
      marker = page.next
    }
  }

  async #settleIntents(before: number): Promise<void> {
    const limit = intentsAtOnce + this.#stuck
    this.#stuck = 0
    for (const intent of await this.#deps.outbox.intents(before, limit)) {
      try {
        await this.#settle(intent)
      } catch (error) {
        this.#stuck += 1
        this.#deps.log.warn({ alarm: intent.key.alarm, version: intent.version, error: String(error) }, 'could not settle an intent; the next round tries again')
      }
    }
  }

  /** Either the change is there, then its deliveries are; or it can never come any more, because the version was raised. */
  async #settle(intent: Intent): Promise<void> {
    const row = await this.#deps.ledger.read(intent.key)
    if (row !== undefined && row.version < intent.version && (await bumpRow(this.#deps, row)) === 'conflict') return
    const entry = await this.#deps.ledger.entry(intent.key, intent.version)
    if (entry?.kind === 'state') await this.#deps.enqueueAll(entry)
    await this.#deps.outbox.settle(intent)
    this.counts.orphans += 1
  }
}
