import { bucketStart } from '../../core/rollup/bucket.ts'
import { fraction } from '../../core/schedule/hash.ts'
import { closeAfter } from './rollups.ts'
import { levels } from './rollups-row.ts'
import type { Series } from './series.ts'

/** One bucket of one series that is to be rolled up, on the level with this index. */
export interface Job { readonly series: Series; readonly index: number; readonly bucket: number }

/** ms over which the series are spread whose buckets end at the same moment: that is all of them. */
const spread = 160_000
/** ms by which a coarser level waits for the finer one. */
const levelApart = 30_000
const tick = 5000
/** Late observations of a series have come, if no other came for so long (ms), or after so long at the latest. */
const calm = 30_000
const patience = 300_000

/** What is to be rolled up, and when; times are ms of the store's clock. All of it can be found again from what is stored. */
export class Agenda {
  readonly #jobs = new Map<number, Job[]>()
  readonly #late = new Map<Series, { readonly first: number; last: number }>()

  /** This bucket has an observation that came in time. */
  plan(series: Series, index: number, bucket: number): void {
    const [open, level] = [series.open[index], levels[index]]
    if (level === undefined || open === bucket) return
    if (open === undefined || bucket > open) series.open[index] = bucket
    this.again({ series, index, bucket }, bucket + level.length + closeAfter + fraction(`${series.check}/${series.zone}`) * spread + index * levelApart)
  }

  again(job: Job, due: number): void {
    const at = Math.ceil(due / tick)
    const jobs = this.#jobs.get(at)
    if (jobs === undefined) this.#jobs.set(at, [job])
    else jobs.push(job)
  }

  /** The bucket above one that was rolled up. */
  planAbove({ series, index, bucket }: Job): void {
    const above = levels[index + 1]
    if (above !== undefined) this.plan(series, index + 1, bucketStart(bucket, above.length))
  }

  late(series: Series, now: number): void {
    const known = this.#late.get(series)
    if (known === undefined) this.#late.set(series, { first: now, last: now })
    else known.last = now
  }

  /** What is due; `all`: everything that has ended. */
  jobs(now: number, all: boolean): readonly Job[] {
    const due = [...this.#jobs].filter(([at]) => all || at * tick <= now)
    const taken: Job[] = []
    for (const [at, jobs] of due) {
      this.#jobs.delete(at)
      for (const job of jobs) {
        if (job.bucket + levels[job.index]!.length + closeAfter <= now) taken.push(job)
        else this.again(job, at * tick)
      }
    }
    return taken
  }

  lateSeries(now: number, all: boolean): readonly Series[] {
    const taken = [...this.#late].filter(([, { first, last }]) => all || now - last >= calm || now - first >= patience).map(([series]) => series)
    for (const series of taken) this.#late.delete(series)
    return taken
  }
}
