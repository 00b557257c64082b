import { compileText, type Compiled, type Metric, type MetricType, type Problem } from '../alarm-language/index.ts'
import type { AlarmRow, LedgerEntry } from '../alarm-row.ts'
import { fingerprint, ruleOf } from '../consensus/rule.ts'
import { inputsOf, listFor, nextStep } from '../consensus/step.ts'
import { deepVoteDepth, zoneView } from '../consensus/vote.ts'
import type { Alarm, Check, NotificationPlan } from '../entities/resources.ts'
import type { Observation } from '../observation.ts'
import type { Script, Sighting, Step } from './read.ts'

export interface Failure { readonly line: number; readonly message: string }
export interface ScriptResult { readonly expectations: number; readonly failures: readonly Failure[]; readonly problems: readonly Problem[]; readonly history: readonly LedgerEntry[] }

const plan: NotificationPlan = { id: 'np', label: 'script', critical_state: ['nt'], warning_state: ['nt'], ok_state: ['nt'], unknown_state: null, metadata: null, created_at: 0, updated_at: 0 }
const start = 1_700_000_000_000

/**
 * Plays a script through the same functions that decide in production, and compares. `known` gives the types of the check
 * type's metrics; others are numbers when they look like one and are not quoted.
 */
export function runScript(script: Script, known: Readonly<Record<string, MetricType>> = {}, consecutiveCount = 1): ScriptResult {
  const result = compileText(script.criteria)
  if (!result.ok) return { expectations: 0, failures: [], problems: result.problems, history: [] }
  const play = new Play(script, result.compiled, known, consecutiveCount)
  const failures = script.steps.flatMap((step) => play.step(step))
  return { expectations: script.steps.filter((step) => step.kind === 'expect').length, failures, problems: [], history: play.history }
}

class Play {
  readonly history: LedgerEntry[] = []
  readonly #criteria: Compiled
  readonly #rule
  readonly #known: Readonly<Record<string, MetricType>>
  readonly #observations: Observation[] = []
  #row: AlarmRow
  #notified = 0

  constructor(script: Script, criteria: Compiled, known: Readonly<Record<string, MetricType>>, consecutiveCount: number) {
    const check: Check = {
      id: 'ch', entity_id: 'en', type: script.type, label: null, details: {}, disabled: false, period: script.period, timeout: script.timeout,
      monitoring_zones_poll: [...script.zones], target_alias: null, target_hostname: null, target_resolver: null, confirm: script.confirm, metadata: null, created_at: 0, updated_at: 0,
    }
    const alarm: Pick<Alarm, 'disabled'> = { disabled: false }
    this.#criteria = criteria
    this.#known = known
    this.#rule = ruleOf(check, alarm, criteria, { category: 'remote', consecutiveCount })
    this.#row = {
      key: { tenant: 't', entity: 'en', alarm: 'al' }, check: 'ch', version: 1, state: 'UNKNOWN', lastKnown: null, status: '', reason: '', zone: null, votes: [],
      generation: 1, criteria: fingerprint(script.criteria), decisionId: '', changedAt: 0, changelogId: null, deleted: false,
    }
  }

  step(step: Step): readonly Failure[] {
    if (step.kind === 'expect') return this.#expect(step)
    const now = start + step.time * 1000
    for (const sighting of step.sightings) {
      this.#observations.push(this.#observation(sighting, now))
      this.#decide(now, false)
    }
    if (step.sightings.length === 0) this.#decide(now, true)
    return []
  }

  #expect(step: Step & { kind: 'expect' }): readonly Failure[] {
    const { state, status } = this.#row
    const notified = this.#notified
    this.#notified = 0
    const wrong: string[] = []
    if (state !== step.state) wrong.push(`expected ${step.state}, found ${state} (${this.#row.reason})`)
    if (step.status !== undefined && status !== step.status) wrong.push(`expected status '${step.status}', found '${status}'`)
    if (step.notify !== undefined && notified !== step.notify) wrong.push(`expected ${step.notify} notifications, found ${notified}`)
    return wrong.map((message) => ({ line: step.line, message }))
  }

  #decide(now: number, absence: boolean): void {
    const views = this.#rule.zones.map((zone) => {
      const rows = this.#observations.filter((row) => row.zone === zone).slice(-deepVoteDepth)
      return zoneView(zone, rows, this.#row.votes.find((vote) => vote.zone === zone), this.#criteria, this.#rule)
    })
    const inputs = inputsOf(this.#row, views, this.#rule, now, absence)
    const id = String(this.#row.version)
    const next = nextStep(this.#row, inputs, { id, decisionId: id, trace: '', generation: 1, criteria: this.#row.criteria })
    if (!next.stateChanged && !views.some((view) => view.changed)) return
    if (next.stateChanged) this.#notified += listFor(plan, this.#row.state, this.#row.lastKnown, next.row.state).length
    this.#row = next.row
    this.history.push(next.entry)
  }

  #observation(sighting: Sighting, at: number): Observation {
    const sequence = this.#observations.length
    return {
      tenant: 't', entity: 'en', check: 'ch', zone: sighting.zone, slot: at, kind: sighting.confirming ? 'confirming' : 'scheduled', boot: 'script', sequence, at, receivedAt: at,
      available: sighting.available, status: sighting.status, target: null, startDelay: 0, lag: 0, stressed: sighting.stressed ? 'as the script says' : null, trace: '',
      metrics: Object.fromEntries(sighting.metrics.map(([name, value, quoted]) => [name, this.#metric(name, value, quoted)])),
    }
  }

  #metric(name: string, value: string, quoted: boolean): Metric {
    const looksNumeric = !quoted && value.trim() !== '' && Number.isFinite(Number(value))
    const type = this.#known[name] ?? (looksNumeric ? 'n' : 's')
    return { type, value: type === 's' ? value : Number(value), unit: '' }
  }
}
