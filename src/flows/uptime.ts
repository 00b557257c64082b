import { resolutions, type MetricStore, type Resolution } from '../contracts/metric-store.ts'

/** A check that runs whenever ingest is up: its samples are the record of our own health. `period` is ms. */
export interface HealthSeries { readonly check: string; readonly zone: string; readonly metric: string; readonly period: number }

const day = 86_400_000
/** The finest record that lasts for a span of so many ms: what is finer may be gone already at its beginning. */
const records: readonly (readonly [upTo: number, resolution: Resolution])[] = [[day / 12, 'FULL'], [7 * day, 'MIN5'], [15 * day, 'MIN20'], [100 * day, 'MIN60']]

/** One missed sample is a hiccup. */
const hiccup = 1.5

/**
 * ms of [from, to) in which ingest was up anywhere, as the health series recorded it, one or one a region: each sample
 * stands for the period after it, and several at once for no more than one. Never more than the span.
 */
export async function uptime(metrics: MetricStore, recorded: HealthSeries | readonly HealthSeries[], from: number, to: number): Promise<number> {
  const series = 'check' in recorded ? [recorded] : recorded
  const resolution = records.find(([upTo]) => to - from <= upTo)?.[1] ?? 'MIN240'
  return resolution === 'FULL' ? covered(metrics, series, from, to) : counted(metrics, series, from, to, resolution)
}

/** Sample by sample: how much of the span lies shortly after one. */
async function covered(metrics: MetricStore, series: readonly HealthSeries[], from: number, to: number): Promise<number> {
  const all = await Promise.all(series.map(async (one) => {
    const reach = hiccup * one.period
    return Array.fromAsync(metrics.read(one, from - reach, to, 'FULL'), ({ at }) => ({ at, end: Math.min(to, at + reach) }))
  }))
  let [sum, until] = [0, from]
  for (const { at, end } of all.flat().toSorted((a, b) => a.at - b.at)) {
    sum += Math.max(0, end - Math.max(until, at))
    until = Math.max(until, end)
  }
  return sum
}

/** Bucket by bucket, in each that of the region that was up longest: what the others add to it cannot be told any more. */
async function counted(metrics: MetricStore, series: readonly HealthSeries[], from: number, to: number, resolution: Resolution): Promise<number> {
  const longest = new Map<number, number>()
  for (const one of series) for await (const [at, up] of upByBucket(metrics, one, from, to, resolution)) longest.set(at, Math.max(longest.get(at) ?? 0, up))
  return Math.min(to - from, longest.values().reduce((sum, up) => sum + up, 0))
}

/** Of the first bucket and the last the part that lies in the span. */
async function* upByBucket(metrics: MetricStore, series: HealthSeries, from: number, to: number, resolution: Resolution): AsyncGenerator<readonly [at: number, up: number]> {
  const length = resolutions[resolution]
  for await (const { at, count } of metrics.read(series, Math.floor(from / length) * length, to, resolution)) {
    const inside = Math.min(to, at + length) - Math.max(from, at)
    // Samples that come a little late are no outage, and over a month they would add up to hours.
    const up = (count + 1) * series.period >= 0.9 * length ? inside : count * series.period
    yield [at, Math.min(inside, up)]
  }
}
