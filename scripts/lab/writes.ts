import { setTimeout as sleep } from 'node:timers/promises'
import type { Region } from './region.ts'
import { labToken } from './vedette.ts'

/** One write through one region's API: when (ms), whether it was taken, and what it said. */
export interface Write { readonly at: number; readonly region: string; readonly ok: boolean; readonly answer: string; readonly took: number }

export interface WritesSummary {
  readonly tried: number
  readonly failed: number
  /** of all, in percent */
  readonly available: number
  readonly slowest_ms: number
  /** the longest time without a write that was taken */
  readonly longest_gap_s: number
  readonly answers: Readonly<Record<string, number>>
}

/** between two writes, and how long one may take, ms */
const pause = 500
const patience = 10_000

/** Writes to the API of each region in turn, as its users would; regions that are said to be away are left out. */
export class Writes {
  readonly all: Write[] = []
  readonly #away = new Set<string>()
  readonly #regions: readonly Region[]

  constructor(regions: readonly Region[]) {
    this.#regions = regions
  }

  away(region: Region, is: boolean): void {
    if (is) this.#away.add(region.name)
    else this.#away.delete(region.name)
  }

  async keepWriting(stop: AbortSignal): Promise<void> {
    const entity = await this.#regions[0]?.api.create('/entities', { label: 'written to', ip_addresses: { here: '127.0.0.1' } })
    for (let turn = 0; !stop.aborted; turn++) {
      const there = this.#regions.filter((region) => !this.#away.has(region.name))
      const region = there[turn % there.length]
      if (region !== undefined) await this.#write(region, `/entities/${entity}`, turn)
      await sleep(pause)
    }
  }

  async #write({ name, api }: Region, path: string, turn: number): Promise<void> {
    const [at, began] = [Date.now(), performance.now()]
    const answer = await answerOf(api.base + path, `written ${turn} times`)
    // What it lived through while its region was taken away tells nothing.
    if (this.#away.has(name)) return
    this.all.push({ at, region: name, ok: answer === '204', answer, took: performance.now() - began })
  }

  summary(from: number, to: number): WritesSummary {
    const some = this.all.filter((write) => write.at >= from && write.at < to)
    const good = some.filter((write) => write.ok)
    const times = [from, ...good.map((write) => write.at + write.took), to]
    return {
      tried: some.length, failed: some.length - good.length, available: some.length === 0 ? 0 : Math.round((10_000 * good.length) / some.length) / 100,
      slowest_ms: Math.round(Math.max(0, ...some.map((write) => write.took))), longest_gap_s: Math.round(longestGap(times) / 100) / 10,
      answers: Object.fromEntries(Object.entries(Object.groupBy(some, ({ answer }) => answer)).map(([answer, writes = []]) => [answer, writes.length])),
    }
  }
}

/** The longest time (ms) between two of these, which are sorted. */
export function longestGap(times: readonly number[]): number {
  return times.reduce((most, time, index) => Math.max(most, time - (times[index - 1] ?? time)), 0)
}

async function answerOf(url: string, label: string): Promise<string> {
  try {
    const answer = await fetch(url, { method: 'PUT', headers: { 'x-auth-token': labToken, 'content-type': 'application/json' }, body: JSON.stringify({ label }), signal: AbortSignal.timeout(patience) })
    await answer.arrayBuffer()
    return String(answer.status)
  } catch (error) {
    return error instanceof Error ? error.name : 'failed'
  }
}
