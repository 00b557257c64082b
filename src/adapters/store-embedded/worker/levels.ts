import { resolutions, type Resolution } from '../../../contracts/metric-store.ts'

const hour = 3_600_000
const day = 24 * hour

/** A rollup's buckets are stored in windows, one row a series and window; each window is whole windows of the finer level. */
export interface Level { readonly name: Resolution; readonly bucket: number; readonly window: number }

export const levels: readonly Level[] = [
  { name: 'MIN5', bucket: resolutions.MIN5, window: 4 * hour },
  { name: 'MIN20', bucket: resolutions.MIN20, window: day },
  { name: 'MIN60', bucket: resolutions.MIN60, window: 4 * day },
  { name: 'MIN240', bucket: resolutions.MIN240, window: 16 * day },
  { name: 'MIN1440', bucket: resolutions.MIN1440, window: 64 * day },
]

/** The start of the window of `length` ms that holds `at`. */
export function windowStart(at: number, length: number): number {
  return Math.floor(at / length) * length
}
