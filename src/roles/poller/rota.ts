import { fraction } from '../../core/schedule/hash.ts'
import { nextSlot, resume, rhythmOf, slotAt, type Rhythm, type Run } from '../../core/schedule/phase.ts'
import { chosen } from '../../core/schedule/rendezvous.ts'
import { TimingWheel, type Timed } from '../../core/schedule/wheel.ts'
import type { ScheduleDelta, ScheduledCheck } from '../../contracts/configuration.ts'
import type { ConfirmRequest } from '../../contracts/transport.ts'
import type { PollerSettings } from './settings.ts'

/** A check of this zone, with its place in time. */
export interface Duty extends Timed {
  readonly request: null
  what: ScheduledCheck
  rhythm: Rhythm
  /** true while this poller is the one of its zone that runs it */
  mine: boolean
  /** the slot that comes next, and the last one that came */
  slot: number
  ran: number
  /** true from being due until its probe starts */
  waiting: boolean
}
interface Asked extends Timed { readonly request: ConfirmRequest; readonly duty: Duty }

/** Something to run now: `due` is when it was meant to start. */
export interface DueRun { readonly duty: Duty; readonly slot: number; readonly due: number; readonly request: ConfirmRequest | null }

/** Which checks of a zone are this poller's to run, and when. It holds nothing that another pull would not bring back. */
export class Rota {
  readonly #zone: string
  readonly #owner: string
  readonly #settings: PollerSettings
  readonly #duties = new Map<string, Duty>()
  readonly #wheel: TimingWheel<Duty | Asked>
  #pollers: readonly string[] = []
  #started = false

  constructor(zone: string, owner: string, settings: PollerSettings, now: number) {
    this.#zone = zone
    this.#owner = owner
    this.#settings = settings
    this.#wheel = new TimingWheel(now)
  }

  get checks(): number {
    return this.#duties.size
  }

  countMine(): number {
    let count = 0
    for (const duty of this.#duties.values()) if (duty.mine) count += 1
    return count
  }

  /** The duty of a check if it is this poller's. */
  mine(check: string): Duty | undefined {
    const duty = this.#duties.get(check)
    return duty?.mine === true ? duty : undefined
  }

  /** Takes over what a pull brought. The poller itself is always among the living: two may run a check, never nobody. */
  apply(delta: ScheduleDelta, pollers: readonly string[], now: number): void {
    this.#redistribute(pollers.includes(this.#owner) ? pollers : [...pollers, this.#owner], now)
    if (delta.full) this.#forgetAllBut(new Set(delta.upserts.map(({ check }) => check.id)))
    for (const check of delta.removes) this.#forget(check)
    for (const what of delta.upserts) this.#put(what, now, this.#started && !delta.full)
    this.#started = true
  }

  /** What is due by now; each check moves on to its next slot. */
  advance(now: number): DueRun[] {
    return this.#wheel.advance(now).map((timed) => (timed.request === null ? this.#moveOn(timed, now) : { duty: timed.duty, slot: timed.request.slot, due: timed.at, request: timed.request }))
  }

  /** When to call `advance` again. */
  nextAt(): number {
    return this.#wheel.nextAt()
  }

  /** After a standstill or a step of the clock: everything finds its place anew; `since` is the last time that was served. */
  realign(now: number, since: number): void {
    for (const timed of this.#wheel.reset(now)) {
      if (timed.request === null) this.#place(timed, this.#resume(timed, now, since))
      else this.#wheel.insert(timed, Math.min(timed.at, now))
    }
  }

  /** Runs a check once more at `at`, which is in the near future. */
  ask(request: ConfirmRequest, duty: Duty, at: number): void {
    this.#wheel.insert({ request, duty, at, bucket: null }, at)
  }

  #moveOn(duty: Duty, now: number): DueRun {
    const run = { duty, slot: duty.slot, due: duty.at, request: null }
    duty.ran = duty.slot
    const slot = nextSlot(Math.max(now, duty.slot), duty.rhythm)
    this.#place(duty, { slot, due: slot })
    return run
  }

  #put(what: ScheduledCheck, now: number, fresh: boolean): void {
    const { check } = what
    const rhythm = rhythmOf(check.id, check.period * 1000, check.monitoring_zones_poll ?? [this.#zone], this.#zone)
    const known = this.#duties.get(check.id)
    if (known !== undefined) known.what = what
    if (known?.rhythm.period === rhythm.period && known.rhythm.phase === rhythm.phase) return
    const duty = known ?? { request: null, what, rhythm, mine: this.#chosen(check.id), slot: 0, ran: Number.NEGATIVE_INFINITY, waiting: false, at: 0, bucket: null }
    duty.rhythm = rhythm
    this.#duties.set(check.id, duty)
    if (duty.mine) this.#place(duty, fresh ? this.#firstLook(duty, now) : this.#resume(duty, now, Number.NEGATIVE_INFINITY))
  }

  #redistribute(pollers: readonly string[], now: number): void {
    const before = this.#pollers
    if (pollers.length === before.length && pollers.every((poller) => before.includes(poller))) return
    this.#pollers = pollers
    const lost = before.some((poller) => !pollers.includes(poller))
    for (const duty of this.#duties.values()) {
      const mine = this.#chosen(duty.what.check.id)
      // Who is gone may have stood still for a lease before it was missed.
      if (mine && !duty.mine) this.#place(duty, this.#resume(duty, now, lost ? now - this.#settings.lease : now))
      if (!mine) this.#wheel.remove(duty)
      duty.mine = mine
    }
  }

  #chosen(check: string): boolean {
    return chosen(check, this.#pollers) === this.#owner
  }

  /** Somebody has just made this check and is waiting to see it work. */
  #firstLook({ what, rhythm }: Duty, now: number): Run {
    const slot = slotAt(now, rhythm)
    return { slot, due: now + Math.floor(this.#spread(what) * Math.min(this.#settings.firstLook, slot + rhythm.period - now)) }
  }

  #resume({ what, rhythm }: Duty, now: number, since: number): Run {
    return resume(now, rhythm, { since, slack: what.check.timeout * 1000 + this.#settings.lease, spread: this.#spread(what) })
  }

  #spread({ check }: ScheduledCheck): number {
    return fraction(`${this.#zone} ${check.id}`)
  }

  /** A clock that was set back a little must not repeat a slot: of two observations of one slot the later is ignored. */
  #place(duty: Duty, { slot, due }: Run): void {
    const again = slot <= duty.ran && duty.ran - slot < duty.rhythm.period
    duty.slot = again ? nextSlot(duty.ran, duty.rhythm) : slot
    this.#wheel.insert(duty, again ? duty.slot : due)
  }

  #forgetAllBut(kept: ReadonlySet<string>): void {
    for (const check of this.#duties.keys()) if (!kept.has(check)) this.#forget(check)
  }

  #forget(check: string): void {
    const duty = this.#duties.get(check)
    if (duty === undefined) return
    this.#wheel.remove(duty)
    this.#duties.delete(check)
    duty.mine = false
  }
}
