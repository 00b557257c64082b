/** Bucket lengths in ms, FULL standing for a sample every 30 s (reference, section 14). */
export const steps = [
  ['FULL', 30_000], ['MIN5', 300_000], ['MIN20', 1_200_000], ['MIN60', 3_600_000], ['MIN240', 14_400_000], ['MIN1440', 86_400_000],
] as const
export type PlotResolution = (typeof steps)[number][0]

/**
 * The resolution whose number of points over the range comes nearest to `points`: from fine to coarse for as long as
 * the distance strictly shrinks. This is how the original reads `points`.
 */
export function resolutionFor(points: number, from: number, to: number): PlotResolution {
  let chosen: PlotResolution = 'FULL'
  let nearest = Infinity
  for (const [name, step] of steps) {
    const distance = Math.trunc(Math.abs(points - (to - from) / step))
    if (distance >= nearest) break
    nearest = distance
    chosen = name
  }
  return chosen
}

export const statistics = ['average', 'variance', 'min', 'max', 'numPoints'] as const
export type Statistic = (typeof statistics)[number]

/** What a plot shows of each point: the ones selected (commas are tolerated) and always numPoints; undefined names what is none. */
export function selected(asked: readonly string[]): { readonly ok: true; readonly statistics: readonly Statistic[] } | { readonly ok: false; readonly wrong: string } {
  const names = asked.flatMap((one) => one.split(',')).map((one) => one.trim()).filter((one) => one !== '')
  const wrong = names.find((name) => !(statistics as readonly string[]).includes(name))
  if (wrong !== undefined) return { ok: false, wrong }
  const wanted = names.length === 0 ? ['average'] : names
  return { ok: true, statistics: statistics.filter((name) => name === 'numPoints' || wanted.includes(name)) }
}
