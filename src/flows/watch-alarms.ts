import PQueue from 'p-queue'
import { fraction } from '../core/schedule/hash.ts'
import type { AlarmRow } from '../core/alarm-row.ts'
import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ConfigurationRepository } from '../contracts/configuration.ts'
import type { Log } from '../contracts/log.ts'
import type { Decider } from './decide.ts'
import type { IngestHealth } from './ingest-health.ts'
import type { AlarmPlan, Plans } from './plans.ts'
import { sliceOf, type Slices } from './slices.ts'

export interface WatchDeps {
  readonly plans: Plans
  readonly configuration: ConfigurationRepository
  readonly ledger: AlarmLedger
  readonly decider: Decider
  readonly health: IngestHealth
  /** brings an entity's alarm rows in line with its configuration */
  readonly configured: (tenant: string, entity: string) => Promise<void>
  readonly tenants: () => Promise<readonly string[]>
  /** whether anybody, anywhere, takes in what pollers send; absent: this process does */
  readonly anyEndpoint?: () => Promise<boolean>
  readonly clock: Clock
  readonly log: Log
  /** alarms that may turn UNKNOWN a round */
  readonly unknownPerRound: number
}

/** An alarm in which nothing is wrong is looked at once in this time (ms), or once in its freshness window where that is longer. */
export const lookEvery = 60_000
/** The rows of an entity are compared with its configuration at least so often (ms), however long its alarms rest. */
const compareRowsEvery = 300_000
/** Names of entities are read so often (ms): what another node made or deleted is known by then. */
const namesEvery = 30_000
/** What failed is left alone for so long (ms), and so many failures end a round: neither stands before the others for ever. */
const restAfterFailure = 30_000
const mostFailures = 50
/** Entities that are looked at side by side, of so many that are taken up together. */
const parallel = 8
const atOnce = 64

/**
 * When an alarm is looked at again (monotonic ms), as long as its configuration stays: silence changes nothing before
 * `stands`, and nobody looks before `until` unless one of its zones was lost.
 */
interface Rest { readonly stands: number; readonly until: number; readonly generation: number; readonly zones: readonly string[] }
interface Watched { readonly tenant: string; readonly entity: string; due: number; rests: Map<string, Rest> }

/** One round: how many alarms may still turn UNKNOWN, how many failed, and which zones lost their pollers. */
interface Round { budget: number; failures: number; readonly lost: ReadonlySet<string>; readonly within: number }

/**
 * Looks for alarms that nobody sees any more, and for rows that do not fit their configuration. What it costs grows with
 * the alarms that may have fallen silent, not with all of them: the others rest.
 */
export class AlarmWatch {
  readonly #deps: WatchDeps
  readonly #watched = new Map<string, Watched>()
  #slices: Slices = new Set()
  #namesReadAt = Number.NEGATIVE_INFINITY
  /** when nobody took anything in, the last time (monotonic ms) */
  #deafAt = Number.NEGATIVE_INFINITY
  blind = 0

  constructor(deps: WatchDeps) {
    this.#deps = deps
  }

  /** The configuration of an entity has changed: it is looked at in the next round. */
  changed(tenant: string, entity: string): void {
    const watched = this.#watched.get(nameOf(tenant, entity))
    if (watched !== undefined) watched.due = Number.NEGATIVE_INFINITY
  }

  /** Everything in these slices once, as after a death: what was seen and not decided is decided. Answers how many entities failed. */
  async recover(signal: AbortSignal, slices: Slices): Promise<number> {
    let failed = 0
    for (const tenant of await this.#deps.tenants()) {
      const entities = await Array.fromAsync(this.#deps.configuration.entities(tenant))
      await sideBySide(entities.filter((entity) => slices.has(sliceOf(tenant, entity))), async (entity) => {
        if (!signal.aborted && !(await this.#tried(tenant, entity, () => this.#recoverEntity(tenant, entity)))) failed += 1
      })
    }
    return failed
  }

  /** Whatever is due in these slices; `lost` names zones that had pollers and have none. */
  async round(signal: AbortSignal, slices: Slices, lost: ReadonlySet<string>, within: number): Promise<void> {
    if ((await this.#deps.anyEndpoint?.()) === false) this.#deafAt = this.#deps.clock.monotonic()
    await this.#readNames(slices)
    const round: Round = { budget: this.#deps.unknownPerRound, failures: 0, lost, within }
    const now = this.#deps.clock.monotonic()
    await sideBySide(this.#watched.values().filter((watched) => isDue(watched, now, lost)).toArray(), async (watched) => {
      if (!signal.aborted && round.failures < mostFailures) await this.#look(watched, round)
    })
  }

  /** Who we have to look after; entities that are gone leave rows to be buried. */
  async #readNames(slices: Slices): Promise<void> {
    const now = this.#deps.clock.monotonic()
    if (now - this.#namesReadAt < namesEvery && slices.size === this.#slices.size && [...slices].every((slice) => this.#slices.has(slice))) return
    const gone = new Map(this.#watched)
    for (const tenant of await this.#deps.tenants()) {
      for await (const entity of this.#deps.configuration.entities(tenant)) {
        if (!slices.has(sliceOf(tenant, entity))) continue
        const name = nameOf(tenant, entity)
        gone.delete(name)
        if (!this.#watched.has(name)) this.#watched.set(name, { tenant, entity, due: Number.NEGATIVE_INFINITY, rests: new Map() })
      }
    }
    for (const [name, { tenant, entity }] of gone) {
      if (!slices.has(sliceOf(tenant, entity)) || (await this.#tried(tenant, entity, () => this.#deps.configured(tenant, entity)))) this.#watched.delete(name)
    }
    this.#slices = slices
    this.#namesReadAt = now
  }

  /** One entity: its rows against its configuration, and those of its alarms whose rest is over. */
  async #look(watched: Watched, round: Round): Promise<void> {
    const { tenant, entity } = watched
    const looked = await this.#tried(tenant, entity, async () => {
      const [rows, plan] = await Promise.all([this.#deps.ledger.rows(tenant, entity), this.#deps.plans.of(tenant, entity)])
      const plans = new Map([...plan.values()].flatMap((check) => check.alarms).map((alarm) => [alarm.key.alarm, alarm]))
      if (!fits(rows, plans)) {
        watched.rests = new Map()
        watched.due = Number.NEGATIVE_INFINITY
        return this.#deps.configured(tenant, entity)
      }
      await this.#judgeAll(watched, rows, plans, round)
    })
    if (looked) return
    round.failures += 1
    watched.due = this.#deps.clock.monotonic() + restAfterFailure
  }

  async #judgeAll(watched: Watched, rows: readonly AlarmRow[], plans: ReadonlyMap<string, AlarmPlan>, round: Round): Promise<void> {
    const { clock } = this.#deps
    const before = watched.rests
    watched.rests = new Map()
    // Where nothing is watched yet no rest ends, and the first alarm may be made through another node.
    watched.due = clock.monotonic() + (rows.length === 0 ? lookEvery : compareRowsEvery)
    for (const row of rows) {
      const { alarm } = row.key
      const plan = plans.get(alarm)
      if (plan === undefined) continue
      const known = before.get(alarm)
      const rest = known?.generation === row.generation && !isOver(known, clock.monotonic(), round.lost) ? known : await this.#judge(row, plan, known, round)
      if (rest !== undefined) watched.rests.set(alarm, rest)
      watched.due = Math.min(watched.due, rest?.until ?? Number.NEGATIVE_INFINITY)
    }
  }

  /** For how long an alarm need not be looked at; undefined when its turn comes in the next round. */
  async #judge(row: AlarmRow, plan: AlarmPlan, known: Rest | undefined, round: Round): Promise<Rest | undefined> {
    const { health, decider, clock } = this.#deps
    if (round.failures >= mostFailures) return undefined
    health.pulse(round.within)
    const early = this.#tooEarly(plan)
    if (row.state === 'UNKNOWN' || row.state === 'DISABLED') return this.#restOf(plan, lookEvery, lookEvery)
    if (early > 0) return this.#restOf(plan, early, early)
    if (round.budget <= 0) return undefined
    round.budget -= 1
    let isBlind = false
    try {
      const { outcome, standsUntil } = await decider.review(plan, 'sweep', true)
      isBlind = outcome === 'changed' && standsUntil < clock.now()
      return this.#calm(plan, standsUntil, known === undefined)
    } catch (error) {
      round.failures += 1
      this.#deps.log.warn({ ...plan.key, error: String(error) }, 'could not look after an alarm; it is tried again')
      return this.#restOf(plan, restAfterFailure, restAfterFailure)
    } finally {
      if (isBlind) this.blind += 1
      else round.budget += 1
    }
  }

  /** Silence means something after a freshness window in which ingest was up and nothing was configured anew: ms until then. */
  #tooEarly({ rule, check, alarm }: AlarmPlan): number {
    const { health, clock } = this.#deps
    const since = Math.max(check.updated_at, alarm.updated_at)
    return rule.freshFor - Math.min(health.healthyFor(), clock.monotonic() - this.#deafAt, clock.now() - since)
  }

  /** The first time a part of the usual rest, so that those that began together do not come together for ever. */
  #calm(plan: AlarmPlan, standsUntil: number, first: boolean): Rest {
    const stands = standsUntil - this.#deps.clock.now()
    const usual = Math.max(plan.rule.freshFor, lookEvery) * (first ? 0.5 + fraction(plan.key.alarm) / 2 : 1)
    return this.#restOf(plan, Math.max(stands, 0), Math.max(stands, usual))
  }

  #restOf({ rule, generation }: AlarmPlan, stands: number, until: number): Rest {
    const now = this.#deps.clock.monotonic()
    return { stands: now + stands, until: now + until, generation, zones: rule.zones }
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
}

/** Does `work` for all items, some of them at a time. */
async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = new PQueue({ concurrency: parallel })
  for (let from = 0; from < items.length; from += atOnce) await queue.addAll(items.slice(from, from + atOnce).map((item) => () => work(item)))
}

const nameOf = (tenant: string, entity: string) => `${tenant}/${entity}`
const isOver = ({ stands, until, zones }: Rest, now: number, lost: ReadonlySet<string>): boolean => now >= until || (now >= stands && zones.some((zone) => lost.has(zone)))

function isDue({ due, rests }: Watched, now: number, lost: ReadonlySet<string>): boolean {
  return now >= due || (lost.size > 0 && rests.values().some((rest) => isOver(rest, now, lost)))
}

/** Whether the rows are those of the configuration as we know it. */
function fits(rows: readonly AlarmRow[], plans: ReadonlyMap<string, AlarmPlan>): boolean {
  return rows.length === plans.size && rows.every((row) => plans.get(row.key.alarm)?.generation === row.generation)
}
