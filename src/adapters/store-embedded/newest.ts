import type { Metric } from '../../core/alarm-language/types.ts'
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
    list.splice(index, 0, condense(observation, list[0]))
    if (list.length > keep) list.pop()
  }

  /** Takes in what the store answered to a question for the newest `count`. */
  fill(observations: readonly Observation[], count: number): void {
    for (const observation of observations) this.add(observation, count)
    this.complete = Math.max(this.complete, count)
  }
}

/** The same observation, sharing with another one of its series whatever is alike: half its memory, usually. */
function condense(observation: Observation, like: Observation | undefined): Observation {
  if (like === undefined) return observation
  const { check, zone } = like
  const shared = <K extends 'tenant' | 'entity' | 'boot' | 'target'>(key: K) => (observation[key] === like[key] ? like : observation)[key]
  return {
    ...observation, check, zone, tenant: shared('tenant'), entity: shared('entity'), boot: shared('boot'), target: shared('target'),
    metrics: condenseMetrics(observation.metrics, like.metrics),
  }
}

function condenseMetrics(metrics: Observation['metrics'], like: Observation['metrics']): Observation['metrics'] {
  const condensed: Record<string, Metric> = {}
  for (const name in metrics) {
    const [metric, other] = [metrics[name]!, like[name]]
    if (name === '__proto__') return metrics
    condensed[name] = other !== undefined && Object.is(other.value, metric.value) && other.type === metric.type && other.unit === metric.unit ? other : metric
  }
  return condensed
}
