import { deepVoteDepth, voteDepth, zoneView, type ZoneView } from '../core/consensus/vote.ts'
import type { AlarmRow, Vote } from '../core/alarm-row.ts'
import type { ObservationStore } from '../contracts/observation-store.ts'
import type { AlarmPlan } from './plans.ts'

/** What each zone's newest observations amount to beside the votes that stand in the row. */
export async function zoneViews(observations: ObservationStore, plan: AlarmPlan, row: AlarmRow): Promise<readonly ZoneView[]> {
  const standing = standingVotes(row, plan)
  return Promise.all(plan.rule.zones.map((zone) => oneView(observations, plan, zone, standing.get(zone))))
}

/** A few observations say it nearly always; where they do not, many are read. */
async function oneView(observations: ObservationStore, { check, criteria, rule }: AlarmPlan, zone: string, standing: Vote | undefined): Promise<ZoneView> {
  const few = await observations.newest(check.id, zone, voteDepth)
  const view = zoneView(zone, few, standing, criteria, rule)
  if (view.settled || few.length < voteDepth) return view
  return zoneView(zone, await observations.newest(check.id, zone, deepVoteDepth), standing, criteria, rule)
}

/** The votes that still mean something under this configuration: all of them go when the criteria changed. */
function standingVotes(row: AlarmRow, plan: AlarmPlan): ReadonlyMap<string, Vote> {
  if (row.criteria !== plan.fingerprint) return new Map()
  return new Map(row.votes.filter((vote) => plan.rule.zones.includes(vote.zone)).map((vote) => [vote.zone, vote]))
}
