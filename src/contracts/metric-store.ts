import type { MetricType } from '../core/alarm-language/types.ts'

/** Bucket lengths in ms; FULL is every sample. */
export const resolutions = { FULL: 0, MIN5: 300_000, MIN20: 1_200_000, MIN60: 3_600_000, MIN240: 14_400_000, MIN1440: 86_400_000 } as const
export type Resolution = keyof typeof resolutions

export interface Series { readonly check: string; readonly zone: string; readonly metric: string }
export interface SeriesFacts { readonly zone: string; readonly metric: string; readonly type: MetricType; readonly unit: string }

/** A bucket of a series: population variance; at FULL all statistics equal the sample and count is 1. */
export interface Point {
  /** the bucket's start, or the sample's time, ms */
  readonly at: number
  readonly count: number
  readonly average: number
  readonly minimum: number
  readonly maximum: number
  readonly variance: number
  /** a string metric's value; the numbers are then 0 */
  readonly text?: string
}

/**
 * Metrics of checks at full resolution and rolled up. What is appended to the observation store appears here by
 * itself: the rollup of a bucket always equals what rolling up its full-resolution points at once gives, late ones too,
 * as soon as their append has resolved.
 * - `series` names the metrics that a check has from each zone, sorted by zone and name.
 * - `read` yields points in time order; `from` is inside, `to` is not; an empty range yields nothing.
 * - String metrics answer at FULL only, and on change only: where the value differs from the one before it, also from one
 *   before `from`.
 * - Observations of kind 'test' leave no metrics; confirming ones do.
 */
export interface MetricStore {
  series(check: string): Promise<readonly SeriesFacts[]>
  read(series: Series, from: number, to: number, resolution: Resolution): AsyncIterable<Point>
}
