import type { Clock } from '../contracts/clock.ts'
import type { ConfirmBus } from '../contracts/confirm-bus.ts'
import type { Observation } from '../core/observation.ts'
import type { AlarmPlan } from './plans.ts'

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
}

export const confirmDefaults: ConfirmSettings = { perSecond: 50, burst: 200, window: 10_000, share: 0.2, least: 10, alone: 1000 }

interface ZoneTrust {
  readonly checks: Set<string>
  /** check → when it turned; leaves when another zone agrees */
  readonly turned: Map<string, number>
  tokens: number
  refilledAt: number
}

/** Asks a check's other zones to look at once when one zone sees something new. State is a cache: losing it costs nothing. */
export class Confirm {
  readonly #bus: ConfirmBus
  readonly #clock: Clock
  readonly #settings: ConfirmSettings
  readonly #zones = new Map<string, ZoneTrust>()
  /** what became of suspicions, for /metrics */
  readonly counts = { asked: 0, limited: 0, zoneSuspected: 0 }

  constructor(bus: ConfirmBus, clock: Clock, settings: ConfirmSettings = confirmDefaults) {
    this.#bus = bus
    this.#clock = clock
    this.#settings = settings
  }

  /** Remembers that a zone runs a check. */
  seen(zone: string, check: string): void {
    this.#zone(zone).checks.add(check)
  }

  /** Another zone saw the same: the zones that turned on this check are believed again. */
  agreed(check: string): void {
    for (const zone of this.#zones.values()) zone.turned.delete(check)
  }

  /** A zone's observation differs from its vote: asks the others, or the zone itself when it is alone. */
  suspect(plan: AlarmPlan, suspicion: Observation): void {
    if (!plan.check.confirm) return
    const others = plan.rule.zones.filter((zone) => zone !== suspicion.zone)
    const request = { check: suspicion.check, slot: suspicion.slot, askedBy: suspicion.zone, trace: suspicion.trace }
    if (others.length === 0) {
      if (!plan.rule.confirmAlone) return
      this.#bus.publish(suspicion.zone, { ...request, notBefore: this.#clock.now() + this.#settings.alone })
      this.counts.asked += 1
      return
    }
    if (plan.rule.level === 'ONE' || !this.#trusts(suspicion.zone, suspicion.check)) return
    for (const zone of others) this.#bus.publish(zone, request)
    this.counts.asked += 1
  }

  #trusts(name: string, check: string): boolean {
    const zone = this.#zone(name)
    const now = this.#clock.monotonic()
    for (const [other, at] of zone.turned) if (now - at > this.#settings.window) zone.turned.delete(other)
    zone.turned.set(check, now)
    const unconfirmed = zone.turned.size
    if (unconfirmed > this.#settings.least && unconfirmed > this.#settings.share * zone.checks.size) {
      this.counts.zoneSuspected += 1
      return false
    }
    return this.#takeToken(zone, now)
  }

  #takeToken(zone: ZoneTrust, now: number): boolean {
    zone.tokens = Math.min(this.#settings.burst, zone.tokens + ((now - zone.refilledAt) / 1000) * this.#settings.perSecond)
    zone.refilledAt = now
    if (zone.tokens < 1) {
      this.counts.limited += 1
      return false
    }
    zone.tokens -= 1
    return true
  }

  #zone(name: string): ZoneTrust {
    const known = this.#zones.get(name)
    if (known !== undefined) return known
    const fresh = { checks: new Set<string>(), turned: new Map<string, number>(), tokens: this.#settings.burst, refilledAt: this.#clock.monotonic() }
    this.#zones.set(name, fresh)
    return fresh
  }
}
