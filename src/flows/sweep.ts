import { decide } from '../core/consensus/decide.ts'
import { timeUuid } from '../core/entities/ids.ts'
import type { AlarmRow, LedgerEntry } from '../core/alarm-row.ts'
import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ConfigurationRepository } from '../contracts/configuration.ts'
import type { Log } from '../contracts/log.ts'
import type { Intent, Outbox } from '../contracts/outbox.ts'
import type { Random } from '../contracts/random.ts'
import { plainEntry } from './configure.ts'
import type { Decider } from './decide.ts'
import type { IngestHealth } from './ingest.ts'
import type { OverdueHeartbeats } from './overdue.ts'
import type { AlarmPlan, Plans } from './plans.ts'

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

/** Looks for what did not come. Many may sweep at once: compare-and-set makes that harmless. */
export class Sweep {
  readonly #deps: SweepDeps
  /** for /metrics */
  readonly counts = { rounds: 0, orphans: 0, blind: 0 }

  constructor(deps: SweepDeps) {
    this.#deps = deps
  }

  /** Once after a start: what was decided or configured half when a process died is completed. */
  async recover(signal: AbortSignal): Promise<void> {
    await this.#settleIntents(this.#deps.clock.now())
    for (const tenant of await this.#deps.tenants()) {
      for await (const entity of this.#entities(tenant)) {
        if (signal.aborted) return
        await this.#deps.configured(tenant, entity)
        for (const plan of await this.#alarms(tenant, entity)) await this.#deps.decider.review(plan, 'recover', false)
      }
    }
  }

  /** One round: orphaned intents, overdue heartbeats, blind alarms. */
  async round(signal: AbortSignal): Promise<void> {
    this.counts.rounds += 1
    await this.#settleIntents(this.#deps.clock.now() - this.#deps.settings.orphanAfter)
    await this.#deps.overdue.look(signal)
    let budget = this.#deps.settings.unknownPerRound
    for (const tenant of await this.#deps.tenants()) {
      for await (const row of this.#deps.ledger.allRows(tenant)) {
        if (signal.aborted || budget === 0) return
        if (row.state === 'UNKNOWN' || row.state === 'DISABLED' || row.votes.length === 0) continue
        if (await this.#blind(row)) budget -= 1
      }
    }
  }

  async #blind(row: AlarmRow): Promise<boolean> {
    const plan = await this.#planOf(row)
    if (plan === undefined || this.#deps.health.healthyFor() < plan.rule.freshFor) return false
    const outcome = await this.#deps.decider.review(plan, 'sweep', true)
    if (outcome === 'changed') this.counts.blind += 1
    return outcome === 'changed'
  }

  /** The plan of a row whose recorded votes are too old to say anything; most rows end here, without a read. */
  async #planOf(row: AlarmRow): Promise<AlarmPlan | undefined> {
    const plan = (await this.#alarms(row.key.tenant, row.key.entity)).find((candidate) => candidate.key.alarm === row.key.alarm)
    if (plan === undefined) return undefined
    const inputs = { previous: { state: row.state, lastKnown: row.lastKnown }, votes: row.votes, rule: plan.rule, now: this.#deps.clock.now() }
    return decide(inputs).kind === 'blind' ? plan : undefined
  }

  async #alarms(tenant: string, entity: string): Promise<readonly AlarmPlan[]> {
    return [...(await this.#deps.plans.of(tenant, entity)).values()].flatMap((check) => check.alarms)
  }

  async *#entities(tenant: string): AsyncGenerator<string> {
    let marker: string | null = ''
    while (marker !== null) {
      const page: { values: readonly { id: string }[]; next: string | null } = await this.#deps.configuration.list('entity', { tenant }, { limit: 500, marker })
      for (const stored of page.values) yield stored.id
      marker = page.next
    }
  }

  async #settleIntents(before: number): Promise<void> {
    for (const intent of await this.#deps.outbox.intents(before, 1000)) {
      try {
        await this.#settle(intent)
      } catch (error) {
        this.#deps.log.warn({ alarm: intent.key.alarm, version: intent.version, error: String(error) }, 'could not settle an intent; the next round tries again')
      }
    }
  }

  /** Either the change is there, then its deliveries are; or it can never come any more, because the version was raised. */
  async #settle(intent: Intent): Promise<void> {
    const row = await this.#deps.ledger.read(intent.key)
    if (row !== undefined && row.version < intent.version && (await this.#bump(row)) === 'conflict') return
    const entry = await this.#deps.ledger.entry(intent.key, intent.version)
    if (entry?.kind === 'state') await this.#deps.enqueueAll(entry)
    await this.#deps.outbox.settle(intent)
    this.counts.orphans += 1
  }

  async #bump(row: AlarmRow): Promise<'applied' | 'conflict'> {
    const now = this.#deps.clock.now()
    const id = timeUuid(now, 0, this.#deps.random.bytes(10))
    const next: AlarmRow = { ...row, version: row.version + 1, decisionId: id }
    return this.#deps.ledger.commit(row.version, next, plainEntry(next, 'bump', row.state, id, now))
  }
}
