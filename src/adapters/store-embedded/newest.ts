import type { Observation } from '../../core/observation.ts'
import { byTime, isSame } from './order.ts'
import type { Shape } from './shapes.ts'

/** The most observations of one series that are kept at hand. */
export const newestLimit = 8

/** One check in one zone, as the main thread knows it. */
export interface Series {
  readonly id: number
  readonly check: string
  readonly zone: string
  /** the shape of its last observation that was no test */
  shape: Shape | undefined
  /** true once an observation of it is durable */
  known: boolean
  readonly newest: Newest
}

/**
 * The newest observations of a series, newest first. `complete` tells how many of them are certain to be the newest
 * there are: all that were appended while we watched are in, older ones only after they were asked for.
 */
export class Newest {
  #list: Observation[] = []
  complete = 0

  /** The newest `count`, if they are known for certain. */
  get(count: number): readonly Observation[] | undefined {
    return count <= this.complete ? this.#list.slice(0, count) : undefined
  }

  /** Takes in an observation that is durable now; the list keeps at most `keep`. */
  add(observation: Observation, keep: number): void {
    const list = this.#list
    if (list.some((other) => isSame(other, observation))) return
    let index = 0
    while (index < list.length && byTime(list[index]!, observation) > 0) index += 1
    if (index >= keep) return
    list.splice(index, 0, observation)
    if (list.length > keep) list.pop()
  }

  /** Takes in what the store answered to a question for the newest `count`. */
  fill(observations: readonly Observation[], count: number): void {
    for (const observation of observations) this.add(observation, count)
    this.complete = Math.max(this.complete, count)
  }
}
