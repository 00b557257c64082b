import type { DecisionInputs } from '../core/alarm-row.ts'
import { decide, silentZones } from '../core/consensus/decide.ts'

/** Which of these silent zones are known to be down themselves. */
export type ZonesDown = (silent: readonly string[]) => Promise<readonly string[]>

/** The inputs as they are, but where ALL is blind: then without the zones that are known to be down. */
export async function withoutZonesDown(inputs: DecisionInputs, zonesDown: ZonesDown | undefined): Promise<DecisionInputs> {
  if (inputs.rule.level !== 'ALL' || zonesDown === undefined || decide(inputs).kind !== 'blind') return inputs
  const down = await zonesDown(silentZones(inputs))
  return { ...inputs, rule: { ...inputs.rule, down } }
}
