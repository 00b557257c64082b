import { resolutions, type MetricStore, type Resolution } from '../contracts/metric-store.ts'

/** A check that runs whenever ingest is up: its samples are the record of our own health. `period` is ms. */
export interface HealthSeries { readonly check: string; readonly zone: string; readonly metric: string; readonly period: number }

const day = 86_400_000
/** The finest record that lasts for a span of so many ms: what is finer may be gone already at its beginning. */
const records: readonly (readonly [upTo: number, resolution: Resolution])[] = [[day / 12, 'FULL'], [7 * day, 'MIN5'], [15 * day, 'MIN20'], [100 * day, 'MIN60']]

/** One missed sample is a hiccup. */
const hiccup = 1.5

/**
 * ms of [from, to) in which ingest was up, as the health series recorded it: each sample stands for the period after it,
 * and several at once, of several processes, for no more than one. Never more than the span.
 */
export async function uptime(metrics: MetricStore, series: HealthSeries, from: number, to: number): Promise<number> {
  const resolution = records.find(([upTo]) => to - from <= upTo)?.[1] ?? 'MIN240'
  return resolution === 'FULL' ? covered(metrics, series, from, to) : counted(metrics, series, from, to, resolution)
}

/** Sample by sample: how much of the span lies shortly after one. */
async function covered(metrics: MetricStore, series: HealthSeries, from: number, to: number): Promise<number> {
  const reach = hiccup * series.period
  let [sum, until] = [0, from]
  for await (const { at } of metrics.read(series, from - reach, to, 'FULL')) {
    const end = Math.min(to, at + reach)
    sum += Math.max(0, end - Math.max(until, at))
    until = Math.max(until, end)
  }
  return sum
}

/** Bucket by bucket; of the first and the last the part that lies in the span. */
async function counted(metrics: MetricStore, series: HealthSeries, from: number, to: number, resolution: Resolution): Promise<number> {
  const length = resolutions[resolution]
  let sum = 0
  for await (const { at, count } of metrics.read(series, Math.floor(from / length) * length, to, resolution)) {
    const inside = Math.min(to, at + length) - Math.max(from, at)
    // Samples that come a little late are no outage, and over a month they would add up to hours.
    const up = (count + 1) * series.period >= 0.9 * length ? inside : count * series.period
    sum += Math.min(inside, up)
  }
  return Math.min(to - from, sum)
}
