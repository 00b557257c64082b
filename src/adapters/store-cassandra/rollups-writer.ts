import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import { timeOfUuid } from '../../core/entities/ids.ts'
import { Agenda, type Job } from './rollups-agenda.ts'
import { lateAfter, type Rollups } from './rollups.ts'
import { levels } from './rollups-row.ts'
import type { Mark, RollupTables } from './rollups-table.ts'
import type { StoreTime } from './schedule-time.ts'
import type { Series } from './series.ts'
import { together } from './together.ts'

export interface WriterDeps {
  readonly tables: RollupTables
  readonly rollups: Rollups
  readonly time: Pick<StoreTime, 'now'>
  readonly clock: Clock
  readonly log: Log
  /** names this process in its marks */
  readonly life: string
  readonly observationRetention: number
}

const lookEvery = 5000
const tryAgainAfter = 30_000
/** Buckets that are rolled up at once: this is never urgent. */
const parallel = 8
const marksAtOnce = 64
/** ms for which a mark of ours needs no other beside it, and after which others clear it: its writer is dead by then. */
const markHolds = 300_000
const markOrphaned = 900_000

/** Rolls up what was taken in, some minutes after each bucket has ended. */
export class RollupWriter implements AsyncDisposable {
  readonly #deps: WriterDeps
  readonly #agenda = new Agenda()
  readonly #ending = new AbortController()
  readonly #running: Promise<void>

  constructor(deps: WriterDeps) {
    this.#deps = deps
    this.#running = this.#run(this.#ending.signal)
  }

  /** These buckets of the finest level have new observations, which are durable. Resolves when it is safe to tell so. */
  async noted(buckets: readonly (readonly [Series, number])[]): Promise<void> {
    const now = await this.#deps.time.now()
    const late = new Map<string, readonly [Series, number]>()
    for (const [series, bucket] of buckets) {
      if (now < bucket + levels[0]!.length + lateAfter) this.#agenda.plan(series, 0, bucket)
      else late.set(`${series.check}\n${series.zone}\n${bucket}`, [series, bucket])
    }
    if (late.size > 0) await together([...late.values()], marksAtOnce, ([series, bucket]) => this.#mark(series, bucket, now))
  }

  /** Does what is due; `all`: whatever has ended. */
  async work(all = false): Promise<void> {
    const now = await this.#deps.time.now()
    await this.#attempt(this.#agenda.lateSeries(now, all), (series) => this.#mend(series), (series) => this.#agenda.late(series, now))
    const [jobs, failed]: [Job[], Job[]] = [[...this.#agenda.jobs(now, all)], []]
    // Coarser buckets are made of finer ones, and lead to coarser ones still; each series is one after the other.
    for (const index of levels.keys()) {
      const ofSeries = Map.groupBy(jobs.filter((job) => job.index === index), ({ series }) => series)
      await this.#attempt([...ofSeries.values()], (some) => this.#closeAll(some), (some) => failed.push(...some))
      if (all) jobs.push(...this.#agenda.jobs(now, all))
    }
    for (const job of failed) this.#agenda.again(job, now + tryAgainAfter)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    await this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#deps.clock.sleep(lookEvery, signal)
        await this.work()
      } catch (error) {
        if (!signal.aborted) this.#deps.log.warn({ error: String(error) }, 'could not look for rollups to write')
      }
    }
  }

  async #attempt<T>(items: readonly T[], work: (item: T) => Promise<void>, failed: (item: T) => unknown): Promise<void> {
    let failures = 0
    await together(items, parallel, async (item) => {
      try {
        await work(item)
      } catch (error) {
        failed(item)
        if ((failures += 1) === 1) this.#deps.log.warn({ error: String(error) }, 'could not write a rollup; it is tried again')
      }
    })
  }

  /** Nobody may take what is rolled up for right any more, even when we die now. */
  async #mark(series: Series, bucket: number, now: number): Promise<void> {
    const { tables, clock, life, observationRetention } = this.#deps
    if (clock.monotonic() - (series.marked.get(bucket) ?? Number.NEGATIVE_INFINITY) >= markHolds) {
      const [mendings, at] = [series.mendings, clock.monotonic()]
      await tables.mark(series, bucket, life, observationRetention)
      if (series.mendings === mendings) series.marked.set(bucket, at)
    }
    this.#agenda.late(series, now)
  }

  /** Rolls up what late observations came into; the marks that were there before we began to look go. */
  async #mend(series: Series): Promise<void> {
    const { tables, rollups, time, clock } = this.#deps
    series.mendings += 1
    series.marked.clear()
    const now = await time.now()
    const marks = (await tables.marks(series, { from: 0, to: Number.MAX_SAFE_INTEGER })).filter((mark) => this.#ours(mark, now))
    if (marks.length === 0) return
    const later = await rollups.mend(series, [...new Set(marks.map(({ at }) => at))], now, clock.now())
    for (const [index, buckets] of later.entries()) for (const bucket of buckets) this.#agenda.plan(series, index, bucket)
    await together(marks, marksAtOnce, (mark) => tables.clear(series, mark))
  }

  #ours({ writer, made }: Mark, now: number): boolean {
    return writer === this.#deps.life || now - timeOfUuid(made) > markOrphaned
  }

  async #closeAll(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs.toSorted((a, b) => a.bucket - b.bucket)) await this.#close(job)
  }

  async #close(job: Job): Promise<void> {
    const { series, index, bucket } = job
    // The first time it looks for what a process that died left of this series.
    if (index === 0 && series.done[0] === undefined) await this.#mend(series)
    series.done[index] = await this.#deps.rollups.close(index, series, bucket, series.done[index], this.#deps.clock.now())
    this.#agenda.planAbove(job)
  }
}
