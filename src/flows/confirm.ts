import type { Clock } from '../contracts/clock.ts'
import type { ConfirmBus } from '../contracts/confirm-bus.ts'
import type { AlarmState } from '../core/alarm-language/index.ts'
import { TokenBucket } from '../core/schedule/token-bucket.ts'
import type { Observation } from '../core/observation.ts'
import type { AlarmPlan } from './plans.ts'
import { Turns } from './turns.ts'

/** How far a zone is believed when it asks others to look (deciding, section 8). Times are ms. */
export interface ConfirmSettings {
  /** requests a zone may cause a second, and how many it may save up */
  readonly perSecond: number
  readonly burst: number
  /** unconfirmed turns within this window that make the zone itself the suspect: a share of its checks, and at least so many */
  readonly window: number
  readonly share: number
  readonly least: number
  /** a check with one zone is looked at again after this long */
  readonly alone: number
  /** a zone's checks are counted anew so often, so that those that are gone leave; longer than the longest period */
  readonly census: number
}

export const confirmDefaults: ConfirmSettings = { perSecond: 50, burst: 200, window: 10_000, share: 0.2, least: 10, alone: 1000, census: 3_600_000 }

/** What a zone runs, as far as its observations show, and how often it may still ask. */
interface Zone { checks: Set<string>; before: number; countedAt: number; readonly tokens: TokenBucket }

/** Asks a check's other zones to look at once when one zone sees something new. State is a cache: losing it costs nothing. */
export class Confirm {
  readonly #bus: ConfirmBus
  readonly #clock: Clock
  readonly #settings: ConfirmSettings
  readonly #zones = new Map<string, Zone>()
  readonly #turns: Turns
  /** check, slot and zone of what was asked within the window → when, oldest first */
  readonly #asked = new Map<string, number>()
  /** what became of suspicions, for /metrics */
  readonly counts = { asked: 0, limited: 0, zoneSuspected: 0 }

  constructor(bus: ConfirmBus, clock: Clock, settings: ConfirmSettings = confirmDefaults) {
    this.#bus = bus
    this.#clock = clock
    this.#settings = settings
    this.#turns = new Turns(settings.window)
  }

  /** Remembers that a zone runs a check. */
  seen(zone: string, check: string): void {
    const known = this.#zone(zone)
    const now = this.#clock.monotonic()
    if (now - known.countedAt > this.#settings.census) {
      known.before = known.checks.size
      known.checks = new Set()
      known.countedAt = now
    }
    known.checks.add(check)
  }

  /** A zone says `state` of a check and did not before: a zone in which it turned the same way is believed again. */
  agreed(check: string, zone: string, state: AlarmState): void {
    this.#turns.join(check, zone, state)
  }

  /** A zone's observation differs from its vote: asks the others once, or the zone itself when it is alone. */
  suspect(plan: AlarmPlan, suspicion: Observation, state: AlarmState): void {
    const { check, rule } = plan
    if (!check.confirm || rule.disabled || !this.#isNews(plan, suspicion) || this.#wasAsked(suspicion)) return
    const others = rule.zones.filter((zone) => zone !== suspicion.zone)
    const request = { check: suspicion.check, slot: suspicion.slot, askedBy: suspicion.zone, trace: suspicion.trace }
    if (others.length === 0) {
      if (!rule.confirmAlone || !this.#mayAsk(suspicion.zone)) return
      this.#bus.publish(suspicion.zone, { ...request, notBefore: this.#clock.now() + this.#settings.alone })
    } else {
      if (rule.level === 'ONE' || !this.#trusts(suspicion, state) || !this.#mayAsk(suspicion.zone)) return
      for (const zone of others) this.#bus.publish(zone, request)
    }
    this.counts.asked += 1
    this.#asked.set(askName(suspicion), this.#clock.monotonic())
  }

  /** What comes out of a spool was suspicious then; looking now would not confirm it. */
  #isNews({ check }: AlarmPlan, { at }: Observation): boolean {
    return this.#clock.now() - at <= (check.period + check.timeout) * 1000
  }

  /** Every alarm of a check, and every attempt at deciding it, sees the same suspicion. */
  #wasAsked(suspicion: Observation): boolean {
    const now = this.#clock.monotonic()
    for (const [name, at] of this.#asked) {
      if (now - at <= this.#settings.window) break
      this.#asked.delete(name)
    }
    return this.#asked.has(askName(suspicion))
  }

  #trusts({ zone, check }: Observation, state: AlarmState): boolean {
    const now = this.#clock.monotonic()
    this.#turns.add(check, zone, state, now)
    const alone = this.#turns.alone(zone, now)
    const { checks, before } = this.#zone(zone)
    if (alone <= this.#settings.least || alone <= this.#settings.share * Math.max(before, checks.size)) return true
    this.counts.zoneSuspected += 1
    return false
  }

  #mayAsk(zone: string): boolean {
    if (this.#zone(zone).tokens.take(this.#clock.monotonic())) return true
    this.counts.limited += 1
    return false
  }

  #zone(name: string): Zone {
    const known = this.#zones.get(name)
    if (known !== undefined) return known
    const { perSecond, burst } = this.#settings
    const fresh = { checks: new Set<string>(), before: 0, countedAt: this.#clock.monotonic(), tokens: new TokenBucket(perSecond, burst) }
    this.#zones.set(name, fresh)
    return fresh
  }
}

const askName = ({ check, slot, zone }: Observation) => `${check}:${slot}:${zone}`
