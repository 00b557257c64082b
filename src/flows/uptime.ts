import type { MetricStore } from '../contracts/metric-store.ts'

/** A check that runs whenever ingest is up: its samples are the record of our own health. `period` is ms. */
export interface HealthSeries { readonly check: string; readonly zone: string; readonly metric: string; readonly period: number }

/** Spans up to this (ms) are counted sample by sample, longer ones in buckets of five minutes. */
const fineUpTo = 7_200_000

/**
 * ms of [from, to) in which ingest was up, as the health series recorded it: each sample stands for one period.
 * Never more than the span.
 */
export async function uptime(metrics: MetricStore, series: HealthSeries, from: number, to: number): Promise<number> {
  const resolution = to - from <= fineUpTo ? 'FULL' : 'MIN5'
  let samples = 0
  for await (const point of metrics.read(series, from, to, resolution)) samples += point.count
  return Math.min(to - from, samples * series.period)
}
