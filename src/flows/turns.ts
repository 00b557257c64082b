import type { AlarmState } from '../core/alarm-language/index.ts'

interface Turn { readonly state: AlarmState; readonly at: number; readonly zones: Set<string> }

/** Which checks turned lately, and in which zones: a zone that often turns alone is the suspect itself. Times are monotonic ms. */
export class Turns {
  readonly #window: number
  /** by check, oldest first */
  readonly #turns = new Map<string, Turn>()
  /** zone → checks that turned in it and in no other */
  readonly #alone = new Map<string, number>()

  constructor(window: number) {
    this.#window = window
  }

  /** A check turned in a zone. */
  add(check: string, zone: string, state: AlarmState, now: number): void {
    this.#forgetOld(now)
    if (this.join(check, zone, state)) return
    this.#drop(check)
    this.#turns.set(check, { state, at: now, zones: new Set([zone]) })
    this.#count(zone, 1)
  }

  /** A zone says the same as one in which the check turned: neither is alone with it any more. False when none did. */
  join(check: string, zone: string, state: AlarmState): boolean {
    const turn = this.#turns.get(check)
    if (turn?.state !== state) return false
    if (turn.zones.has(zone)) return true
    if (turn.zones.size === 1) this.#uncount(turn)
    turn.zones.add(zone)
    return true
  }

  /** How many checks turned within the window in this zone alone. */
  alone(zone: string, now: number): number {
    this.#forgetOld(now)
    return this.#alone.get(zone) ?? 0
  }

  #forgetOld(now: number): void {
    for (const [check, turn] of this.#turns) {
      if (now - turn.at <= this.#window) return
      this.#drop(check)
    }
  }

  #drop(check: string): void {
    const turn = this.#turns.get(check)
    if (turn?.zones.size === 1) this.#uncount(turn)
    this.#turns.delete(check)
  }

  #uncount({ zones }: Turn): void {
    for (const zone of zones) this.#count(zone, -1)
  }

  #count(zone: string, by: number): void {
    const count = (this.#alone.get(zone) ?? 0) + by
    if (count === 0) this.#alone.delete(zone)
    else this.#alone.set(zone, count)
  }
}
