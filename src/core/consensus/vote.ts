import type { AlarmState, Compiled, Verdict } from '../alarm-language/index.ts'
import type { Rule, Vote } from '../alarm-row.ts'
import { observationId, type Observation } from '../observation.ts'

/** How many of a zone's newest observations are read to compute its vote: five counted runs, confirmations, a predecessor. */
export const voteDepth = 8
/** More stressed observations in a row than this make a zone blind. */
export const stressedLimit = 3

/** What a zone's newest observations amount to. */
export interface ZoneView {
  readonly zone: string
  /** the vote after these observations; undefined when the zone has never voted */
  readonly vote: Vote | undefined
  /** the state of the vote is another than before */
  readonly changed: boolean
  /** the newest observation that counts differs from the vote that stood, and the one before it did not: ask the others */
  readonly suspicion: Observation | undefined
  /** the newest observation that counts */
  readonly newest: Observation | undefined
}

interface Run { readonly observation: Observation; readonly verdict: Verdict }

const byTime = (a: Observation, b: Observation) => a.at - b.at || (observationId(a) < observationId(b) ? -1 : 1)

/**
 * The effective observations among `rows`, oldest first: each identity once, test runs left out, and of several scheduled
 * runs of one slot the earliest (two pollers during a hand-over).
 */
export function effective(rows: readonly Observation[]): readonly Observation[] {
  const slots = new Set<number>()
  const seen = new Set<string>()
  return rows.toSorted(byTime).filter((row) => {
    const id = observationId(row)
    if (row.kind === 'test' || seen.has(id)) return false
    seen.add(id)
    if (row.kind === 'confirming') return true
    if (slots.has(row.slot)) return false
    slots.add(row.slot)
    return true
  })
}

/**
 * The runs that count toward `consecutiveCount`, oldest first: a scheduled run and the confirming ones that follow it are
 * one, and the newest of them speaks for it.
 */
function countedRuns(runs: readonly Run[]): readonly Run[] {
  const counted: Run[] = []
  for (const run of runs) {
    if (run.observation.kind === 'confirming' && counted.length > 0) counted.pop()
    counted.push(run)
  }
  return counted
}

/** Judges each observation with its predecessor: the scheduled, available run before it. A confirming run is never one. */
function judge(observations: readonly Observation[], criteria: Compiled): readonly Run[] {
  let predecessor: Observation | undefined
  return observations.map((observation) => {
    const run = { observation, verdict: criteria.evaluate(observation, predecessor) }
    if (observation.kind === 'scheduled' && observation.available) predecessor = observation
    return run
  })
}

function stressedRunOf(observations: readonly Observation[]): number {
  let count = 0
  for (const observation of observations.toReversed()) {
    if (observation.stressed === null) return count
    count += 1
  }
  return count
}

/**
 * A zone's vote as a function of its newest observations and the vote that stands: it becomes S when the newest
 * `consecutiveCount` counted runs all give S; otherwise it stays. It never goes back in time. A zone that is alone looks
 * twice before it says anything but a first OK.
 */
export function zoneView(zone: string, rows: readonly Observation[], standing: Vote | undefined, criteria: Compiled, rule: Rule): ZoneView {
  const observations = effective(rows)
  const runs = judge(observations.filter((row) => row.stressed === null), criteria)
  const newest = runs.at(-1)
  const seenAt = Math.max(observations.at(-1)?.at ?? 0, standing?.seenAt ?? 0)
  const stressedRun = stressedRunOf(observations)
  const kept = standing && { ...standing, seenAt, stressedRun }
  if (newest === undefined) return { zone, vote: kept, changed: false, suspicion: undefined, newest: undefined }

  const suspicion = suspicionOf(runs, standing)
  const state = newest.verdict.state
  const same = state === standing?.state
  if (same || !agreed(runs, state, standing, rule) || newest.observation.at <= (standing?.at ?? 0)) {
    return { zone, vote: kept, changed: false, suspicion, newest: newest.observation }
  }
  return { zone, vote: voteOf(zone, newest, seenAt, stressedRun), changed: true, suspicion, newest: newest.observation }
}

function voteOf(zone: string, run: Run, seenAt: number, stressedRun: number): Vote {
  return { zone, state: run.verdict.state, status: run.verdict.status, observation: observationId(run.observation), at: run.observation.at, seenAt, stressedRun }
}

function agreed(runs: readonly Run[], state: AlarmState, standing: Vote | undefined, rule: Rule): boolean {
  const counted = countedRuns(runs).slice(-rule.consecutiveCount)
  if (counted.length < rule.consecutiveCount || counted.some((run) => run.verdict.state !== state)) return false
  const firstOk = standing === undefined && state === 'OK'
  if (!rule.confirmAlone || firstOk) return true
  const lastTwo = runs.slice(-2)
  return lastTwo.length === 2 && lastTwo.every((run) => run.verdict.state === state)
}

function suspicionOf(runs: readonly Run[], standing: Vote | undefined): Observation | undefined {
  const [before, newest] = [runs.at(-2), runs.at(-1)]
  if (newest === undefined || newest.observation.kind !== 'scheduled') return undefined
  const believed = standing?.state ?? 'OK'
  if (newest.verdict.state === believed) return undefined
  return before === undefined || before.verdict.state === believed ? newest.observation : undefined
}
