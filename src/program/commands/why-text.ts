import type { DecisionInputs, Heard } from '../../core/alarm-row.ts'
import type { DeliveryView, EntryView } from '../../roles/console/wire.ts'

const time = (at: number): string => new Date(at).toISOString().replace('T', ' ').replace('Z', '')

/** One version of an alarm as a person reads it: what changed, who said what, what followed from it, whom it reached. */
export function whyText(alarm: string, entry: EntryView): string {
  return [
    `${alarm}@${entry.version}  ${time(entry.at)} UTC  ${entry.kind === 'state' ? `${entry.previousState} → ${entry.state}` : `${entry.kind} (${entry.state})`}`,
    `  decision  ${entry.reason}`,
    ...(entry.status === '' ? [] : [`  status    ${entry.status}`]),
    ...inputLines(entry),
    ...observationLines(entry),
    ...(entry.suppressedBy.length === 0 ? [] : [`  suppressed by ${entry.suppressedBy.join(', ')}: nobody was told`]),
    ...entry.deliveries.flatMap(deliveryLines),
    ...(entry.trace === '' ? [] : [`  trace     ${entry.trace}`]),
  ].join('\n')
}

function inputLines({ inputs }: EntryView): readonly string[] {
  if (inputs === null) return []
  const { rule, previous, votes, undecided = [] } = inputs
  const terms = `${rule.level} of ${rule.zones.length} zones, ${rule.consecutiveCount} in a row, fresh for ${rule.freshFor / 1000} s`
  const silent = rule.zones.filter((zone) => ![...votes, ...undecided].some((heard) => heard.zone === zone))
  return [
    `  rule      ${terms}; before: ${previous.state}${previous.lastKnown === null ? '' : `, last known ${previous.lastKnown}`}`,
    ...votes.map((vote) => `  vote      ${vote.zone}: ${vote.state} since ${time(vote.at)} (${vote.status}; ${heardText(vote, inputs)}; ${vote.observation})`),
    ...undecided.map((heard) => `  vote      ${heard.zone}: undecided (${heardText(heard, inputs)})`),
    ...silent.map((zone) => `  vote      ${zone}: none yet`),
  ]
}

function heardText({ seenAt, stressedRun }: Heard, { now, rule }: DecisionInputs): string {
  const old = now - seenAt > rule.freshFor ? ', too old to count' : ''
  const stressed = stressedRun > 0 ? `, ${stressedRun} stressed since` : ''
  return `seen ${((now - seenAt) / 1000).toFixed(1)} s before${old}${stressed}`
}

function observationLines({ observation }: EntryView): readonly string[] {
  if (observation === null) return []
  const metrics = Object.entries(observation.metrics).map(([name, metric]) => `${name}=${metric.value}`).join(' ')
  return [`  observed  ${observation.zone} ${observation.kind} at ${time(observation.at)}: ${observation.status}${observation.target === null ? '' : ` (${observation.target})`}`, ...(metrics === '' ? [] : [`            ${metrics}`])]
}

function deliveryLines({ key, notification, status, attempts, dueAt }: DeliveryView): readonly string[] {
  const next = status === 'waiting' ? `, next try ${time(dueAt)}` : ''
  return [
    `  told      ${notification.label} (${notification.type} ${notification.id}): ${status}${next}   key ${key}`,
    ...attempts.map((attempt, index) => `            ${index + 1}. ${time(attempt.at)} ${attempt.outcome} after ${attempt.took} ms from ${attempt.from}: ${attempt.message}`),
  ]
}
