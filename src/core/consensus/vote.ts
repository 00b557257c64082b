import type { AlarmState, Compiled, Verdict } from '../alarm-language/index.ts'
import type { Heard, Rule, Vote } from '../alarm-row.ts'
import { observationId, type Observation } from '../observation.ts'

/** How many of a zone's newest observations are read to compute its vote: five counted runs, a confirmation, a predecessor. */
export const voteDepth = 8
/** How many are read when those do not settle it: many stressed, repeated or confirming runs among them. Older ones never count. */
export const deepVoteDepth = 8 * voteDepth
/** More stressed observations in a row than this make a zone blind. */
export const stressedLimit = 3

/** What a zone's newest observations amount to. */
export interface ZoneView {
  readonly zone: string
  /** the vote after these observations; undefined when the zone has never voted */
  readonly vote: Vote | undefined
  /** the zone has no vote and was heard all the same */
  readonly undecided: Heard | undefined
  /** the state of the vote is another than before */
  readonly changed: boolean
  /** the newest observation that counts differs from the vote that stood, and the one before it did not: ask the others */
  readonly suspicion: Observation | undefined
  /** the newest observation that counts, and what it says */
  readonly newest: Observation | undefined
  readonly says: AlarmState | undefined
  /** older observations would change nothing of this */
  readonly settled: boolean
}

/** An observation that may vote, and the scheduled, available one before it. A confirming run is never a predecessor. */
interface Run { readonly observation: Observation; readonly predecessor: Observation | undefined; verdict: Verdict | undefined }
interface Runs { readonly runs: readonly Run[]; readonly counted: readonly Run[] }

/** Of one moment (a clock that was corrected on arrival) a process's own count tells the order. */
function byTime(a: Observation, b: Observation): number {
  if (a.at !== b.at) return a.at - b.at
  if (a.boot === b.boot && a.sequence !== b.sequence) return a.sequence - b.sequence
  if (a.boot !== b.boot) return a.boot < b.boot ? -1 : 1
  return observationId(a) < observationId(b) ? -1 : 1
}

/**
 * The effective observations among `rows`, oldest first: each identity once, test runs left out, and of several scheduled
 * runs of one slot the earliest (two pollers during a hand-over).
 */
export function effective(rows: readonly Observation[]): readonly Observation[] {
  const slots = new Set<number>()
  const seen = new Set<string>()
  return rows.toSorted(byTime).filter((row) => {
    if (row.kind === 'test') return false
    if (row.kind === 'scheduled') return !slots.has(row.slot) && slots.add(row.slot) !== undefined
    const id = observationId(row)
    return !seen.has(id) && seen.add(id) !== undefined
  })
}

/**
 * All runs that may vote, oldest first, and those of them that count toward `consecutiveCount`: a scheduled run and the
 * confirming ones that follow it are one counted run, and the newest of them that is not stressed speaks for it.
 */
function runsOf(observations: readonly Observation[]): Runs {
  const runs: Run[] = []
  const counted: Run[] = []
  let predecessor: Observation | undefined
  let spoken = false
  for (const observation of observations) {
    if (observation.kind === 'scheduled') spoken = false
    if (observation.stressed !== null) continue
    const run = { observation, predecessor, verdict: undefined }
    runs.push(run)
    if (spoken) counted[counted.length - 1] = run
    else counted.push(run)
    spoken = true
    if (observation.kind === 'scheduled' && observation.available) predecessor = observation
  }
  return { runs, counted }
}

/** Most runs are never judged: what they said is in the vote. */
function verdictOf(run: Run, criteria: Compiled): Verdict {
  run.verdict ??= criteria.evaluate(run.observation, run.predecessor)
  return run.verdict
}

/**
 * Whether older observations than these would change nothing of the newest `count` counted runs: there are more whole ones,
 * each with what it looks back to. The oldest observation proves nothing: its slot may have an earlier, effective one.
 */
function isSettled({ runs, counted }: Runs, count: number, oldest: Observation | undefined, criteria: Compiled): boolean {
  const whole = oldest?.kind === 'confirming' ? counted.length - 1 : counted.length
  const first = counted.at(-count - 1)
  if (whole <= count || first === undefined) return false
  if (!criteria.needsPrevious) return true
  return runs.slice(runs.indexOf(first)).every(({ observation, predecessor }) => !observation.available || (predecessor !== undefined && predecessor !== oldest))
}

function stressedRunOf(observations: readonly Observation[]): number {
  const calm = observations.findLastIndex((observation) => observation.stressed === null)
  return observations.length - 1 - calm
}

/**
 * A zone's vote as a function of its newest observations and the vote that stands: it becomes S when the newest
 * `consecutiveCount` counted runs all give S; otherwise it stays. It never goes back in time. A zone that is alone looks
 * twice before it says anything but a first OK. A zone that is blind with stress keeps what it said.
 */
export function zoneView(zone: string, rows: readonly Observation[], standing: Vote | undefined, criteria: Compiled, rule: Rule): ZoneView {
  const observations = effective(rows)
  const seenAt = Math.max(observations.at(-1)?.at ?? 0, standing?.seenAt ?? 0)
  const stressedRun = stressedRunOf(observations)
  const kept = standing && { ...standing, seenAt, stressedRun }
  const undecided = kept === undefined && observations.length > 0 ? { zone, seenAt, stressedRun } : undefined
  const silent = { zone, vote: kept, undecided, changed: false, suspicion: undefined, newest: undefined, says: undefined }
  if (stressedRun > stressedLimit) return { ...silent, settled: true }

  const all = runsOf(observations)
  const { runs, counted } = all
  const newest = runs.at(-1)
  if (newest === undefined) return { ...silent, settled: false }

  const says = (run: Run) => verdictOf(run, criteria).state
  const same = says(newest) === standing?.state
  // Who says what it said before needs no others in a row.
  const settled = isSettled(all, same ? 1 : rule.consecutiveCount, observations[0], criteria)
  const seen = { zone, suspicion: suspicionOf(runs, standing, says), newest: newest.observation, says: says(newest), settled }
  const stays = same || newest.observation.at <= (standing?.at ?? 0) || !agreed(runs, counted, standing, rule, says)
  if (stays) return { ...seen, vote: kept, undecided, changed: false }
  const { state, status } = verdictOf(newest, criteria)
  const vote = { zone, state, status, observation: observationId(newest.observation), at: newest.observation.at, seenAt, stressedRun }
  return { ...seen, vote, undecided: undefined, changed: true }
}

type Says = (run: Run) => AlarmState

/** Whether the newest counted runs all say the same, and a zone that is alone has looked twice. */
function agreed(runs: readonly Run[], counted: readonly Run[], standing: Vote | undefined, rule: Rule, says: Says): boolean {
  const [before, newest] = [runs.at(-2), runs.at(-1)]
  const needed = counted.slice(-rule.consecutiveCount)
  if (newest === undefined || needed.length < rule.consecutiveCount || needed.some((run) => says(run) !== says(newest))) return false
  const firstOk = standing === undefined && says(newest) === 'OK'
  if (!rule.confirmAlone || firstOk) return true
  return before !== undefined && says(before) === says(newest)
}

function suspicionOf(runs: readonly Run[], standing: Vote | undefined, says: Says): Observation | undefined {
  const [before, newest] = [runs.at(-2), runs.at(-1)]
  if (newest === undefined || newest.observation.kind !== 'scheduled') return undefined
  const believed = standing?.state ?? 'OK'
  if (says(newest) === believed) return undefined
  return before === undefined || says(before) === believed ? newest.observation : undefined
}
