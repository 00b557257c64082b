import type { ObservationStore } from '../../contracts/observation-store.ts'
import type { Observation } from '../../core/observation.ts'
import type { ByteWriter } from './bytes.ts'
import type { Committer } from './committer.ts'
import { newestLimit } from './newest.ts'
import type { Cursor } from './protocol.ts'
import { writeRecord } from './record.ts'
import type { SeriesTable } from './series.ts'
import type { WorkerLink } from './worker-link.ts'
import type { Words } from './words.ts'

const pageSize = 256

/** Observations: encoded here, committed with others, and the newest of each series kept at hand. */
export function observationStore(link: WorkerLink, committer: Committer, table: SeriesTable, words: Words): ObservationStore {
  // As many are kept as anyone ever asked for, so that deciding never leaves this thread, and no more.
  let keep = 1
  return {
    async append(observations) {
      if (observations.length === 0) return
      const encode = (out: ByteWriter) => {
        for (const observation of observations) {
          const series = table.of(observation)
          writeRecord(out, observation, series.id, table.shape(series, observation), words)
        }
      }
      const applied = () => {
        for (const observation of observations) {
          const series = table.of(observation)
          series.known = true
          series.newest.add(observation, keep)
        }
      }
      await committer.append(observations.length, encode, applied)
    },
    async newest(check, zone, count) {
      const series = table.find(check, zone)
      if (series === undefined || count <= 0) return []
      const atHand = series.newest.get(count)
      if (atHand !== undefined) return atHand
      if (count > newestLimit) return link.call('newest', { series: series.id, count })
      keep = Math.max(keep, count)
      series.newest.fill(await link.call('newest', { series: series.id, count: keep }), keep)
      return series.newest.get(count) ?? []
    },
    async *range(check, zone, from, to): AsyncGenerator<Observation> {
      const series = table.find(check, zone)
      let after: Cursor | null = null
      while (series !== undefined) {
        const page: { observations: readonly Observation[]; next: Cursor | null } = await link.call('range', { series: series.id, from, to, after, limit: pageSize })
        yield* page.observations
        if (page.next === null) return
        after = page.next
      }
    },
    async zones(check) {
      return table.ofCheck(check).filter((series) => series.known).map((series) => series.zone).sort()
    },
    async [Symbol.asyncDispose]() {},
  }
}
