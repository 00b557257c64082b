import { simulationStart } from '../../src/adapters/simulated/clock.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** ms of '90s', '3m', '1h30m', '2d'. */
export function duration(text: string): number {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) throw new RangeError(`"${text}" is no duration such as 3m or 1h30m`)
  return [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0)
}

/** The wall time when a scenario has run for so long. */
export const moment = (text: string): number => simulationStart + duration(text)

/** From one moment of a scenario to another, as wall times. */
export const between = (from: string, to: string): readonly [number, number] => [moment(from), moment(to)]
