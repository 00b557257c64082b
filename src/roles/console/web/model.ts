import { checkVerdict, rank, type Verdict } from '../derive.ts'
import type { AlarmLine, CheckLine, EntityLine, NewsItem, OverviewLine, Seen, Shown } from '../wire.ts'
import { states } from './words.ts'

type Observed = Extract<NewsItem, { readonly kind: 'observation' }>
type Changed = Extract<NewsItem, { readonly kind: 'state' }>

/** A check as it is now. */
export interface CheckNow {
  readonly entity: { readonly id: string; readonly label: string }
  readonly check: CheckLine
  alarms: readonly AlarmLine[]
  readonly seen: Map<string, Seen>
  verdict: Verdict & { readonly alarm: Omit<AlarmLine, 'shown'> | undefined }
}

export interface EntityNow { readonly id: string; readonly label: string; readonly checks: readonly CheckNow[] }
export interface Change { readonly at: number; readonly item: CheckNow; readonly from: Shown; readonly to: Shown }
export interface ZoneNow { readonly id: string; readonly label: string; readonly heard: number; readonly silent: boolean }

const changesKept = 50
/** 'check 9' before 'check 10' */
export const byName = new Intl.Collator('en', { numeric: true })

/** Everything that the page knows of the world. Views read it; only the link writes it. */
export class Model {
  readonly entities = new Map<string, EntityNow>()
  readonly zones = new Map<string, string>()
  /** newest first */
  readonly changes: Change[] = []
  lastObservation = 0
  /** what the server knows to be wrong with itself or around it, in words */
  troubles: readonly string[] = []
  /** false until everything was read once */
  complete = false
  /** raised by news of an alarm's deliveries or versions, so that an open ledger reads again */
  readonly ledgerNews = new Map<string, number>()
  #offset = 0
  readonly #checks = new Map<string, CheckNow>()
  #named = new Set<string>()

  /** The server's time. */
  now(): number {
    return Date.now() + this.#offset
  }

  serverTime(now: number): void {
    this.#offset = now - Date.now()
  }

  check(id: string): CheckNow | undefined {
    return this.#checks.get(id)
  }

  all(): readonly CheckNow[] {
    return [...this.#checks.values()]
  }

  /** Those that need a look, worst first, newest trouble first. */
  bad(): readonly CheckNow[] {
    return this.all()
      .filter(({ verdict }) => rank(verdict.shown) < rank('OK'))
      .toSorted((a, b) => rank(a.verdict.shown) - rank(b.verdict.shown) || b.verdict.since - a.verdict.since)
  }

  counts(): Readonly<Record<Shown, number>> {
    const counts = { CRITICAL: 0, WARNING: 0, UNKNOWN: 0, NEW: 0, OK: 0, DISABLED: 0 }
    for (const { verdict } of this.#checks.values()) counts[verdict.shown] += 1
    return counts
  }

  /** One line of an overview; `whole` tells that it is one of everything, so that what it leaves out is gone. */
  line(line: OverviewLine, whole: boolean): void {
    switch (line.kind) {
      case 'start':
        this.serverTime(line.now)
        for (const zone of line.zones) this.zones.set(zone.id, zone.label)
        this.#named = new Set()
        return
      case 'entity':
        this.#named.add(line.id)
        this.#put(line)
        return
      case 'gone':
        this.#forget(line.id)
        return
      case 'end':
        if (!whole) return
        for (const id of this.entities.keys()) if (!this.#named.has(id)) this.#forget(id)
        this.complete = true
    }
  }

  #put(line: EntityLine): void {
    const before = new Map(this.entities.get(line.id)?.checks.map((item) => [item.check.id, item]))
    const entity = { id: line.id, label: line.label }
    const checks = line.checks.map((check) => this.#item(entity, check, line.alarms.filter((alarm) => alarm.check === check.id), before.get(check.id)))
      .toSorted((a, b) => byName.compare(a.check.label, b.check.label) || (a.check.id < b.check.id ? -1 : 1))
    for (const id of before.keys()) this.#checks.delete(id)
    for (const item of checks) this.#checks.set(item.check.id, item)
    this.entities.set(line.id, { ...entity, checks })
  }

  #item(entity: EntityNow | Omit<EntityNow, 'checks'>, check: CheckLine, alarms: readonly AlarmLine[], before: CheckNow | undefined): CheckNow {
    const seen = new Map(check.seen.map((one) => [one.zone, one]))
    for (const old of before?.seen.values() ?? []) {
      // News may have overtaken the overview.
      if (check.zones.includes(old.zone) && old.at > (seen.get(old.zone)?.at ?? 0)) seen.set(old.zone, old)
    }
    for (const { at } of seen.values()) this.lastObservation = Math.max(this.lastObservation, at)
    const item: CheckNow = { entity, check, alarms, seen, verdict: this.#since(checkVerdict(check, alarms, seen, this.now()), before?.verdict) }
    if (before !== undefined) this.#noteChange(before.verdict.shown, item)
    return item
  }

  #forget(id: string): void {
    for (const item of this.entities.get(id)?.checks ?? []) this.#checks.delete(item.check.id)
    this.entities.delete(id)
  }

  /**
   * A zone saw something. Answers whether the zones' votes are worth reading again: 'now' when the zone saw the contrary of
   * before, 'sometimes' while the check is not well, where a vote may change without a change of state.
   */
  observed({ check, zone, at, available, status }: Observed): 'now' | 'sometimes' | 'no' {
    this.lastObservation = Math.max(this.lastObservation, at)
    const item = this.#checks.get(check)
    const before = item?.seen.get(zone)
    if (item === undefined || (before !== undefined && before.at > at)) return 'no'
    item.seen.set(zone, { zone, at, ok: available, status: available ? '' : status })
    this.#judge(item)
    if (before?.ok !== available) return 'now'
    return item.verdict.shown === 'OK' && agree(item) ? 'no' : 'sometimes'
  }

  /** An alarm changed: shown at once, and its votes are read after that. */
  changed({ key, state, at, version }: Changed): void {
    this.ledgerNews.set(key.alarm, version)
    for (const item of this.entities.get(key.entity)?.checks ?? []) {
      if (!item.alarms.some((alarm) => alarm.id === key.alarm && alarm.version < version)) continue
      item.alarms = item.alarms.map((alarm) => (alarm.id === key.alarm ? { ...alarm, recorded: state, version, changedAt: at } : alarm))
      this.#judge(item)
    }
  }

  /** Time passes: what was fresh may be silence now. */
  tick(): void {
    for (const item of this.#checks.values()) this.#judge(item)
  }

  #judge(item: CheckNow): void {
    const before = item.verdict
    item.verdict = this.#since(checkVerdict(item.check, item.alarms, item.seen, this.now()), before)
    this.#noteChange(before.shown, item)
  }

  /** Where nothing is recorded, the page knows at least since when it has seen it so. */
  #since(verdict: CheckNow['verdict'], before: CheckNow['verdict'] | undefined): CheckNow['verdict'] {
    if (verdict.since > 0 || before === undefined) return verdict
    return { ...verdict, since: before.shown === verdict.shown ? before.since : this.now() }
  }

  #noteChange(from: Shown, item: CheckNow): void {
    const to = item.verdict.shown
    if (from === to || !this.complete) return
    this.changes.unshift({ at: this.now(), item, from, to })
    this.changes.length = Math.min(this.changes.length, changesKept)
  }

  /** Each zone that checks name, when it was last heard, and whether it should have been heard since. */
  zonesNow(): readonly ZoneNow[] {
    const heard = new Map<string, { at: number; fresh: boolean; due: boolean }>()
    const now = this.now()
    for (const { check, seen } of this.#checks.values()) {
      if (check.disabled) continue
      for (const zone of check.zones) {
        const known = heard.get(zone) ?? { at: 0, fresh: false, due: false }
        const at = seen.get(zone)?.at ?? 0
        heard.set(zone, { at: Math.max(known.at, at), fresh: known.fresh || now - at <= check.freshFor, due: known.due || now - check.created > check.freshFor })
      }
    }
    return [...heard].map(([id, { at, fresh, due }]) => ({ id, label: this.zones.get(id) ?? id, heard: at, silent: due && !fresh })).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }
}

/** Whether the zones say the same. */
function agree({ alarms }: CheckNow): boolean {
  return alarms.every(({ votes: [first, ...others] }) => others.every((vote) => vote.state === first?.state))
}

/** Checks in the order of the picture: worst first, and within a state where they always are. */
export function pictureOrder(model: Model): readonly CheckNow[] {
  const groups = new Map(states.map((state) => [state, [] as CheckNow[]]))
  const entities = [...model.entities.values()].toSorted((a, b) => byName.compare(a.label, b.label))
  for (const { checks } of entities) for (const item of checks) groups.get(item.verdict.shown)?.push(item)
  return [...groups.values()].flat()
}
