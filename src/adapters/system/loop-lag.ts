import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { LoopLag } from '../../contracts/loop-lag.ts'

// Node's other way of sampling, once an iteration, costs less and misses what blocks inside a socket's callback.
const resolution = 50
const windowLength = 100
const windows = 1024

/** The event loop's lag, from Node's own histogram; its maximum is cut into windows when somebody looks. */
export function systemLoopLag(): LoopLag {
  const histogram = monitorEventLoopDelay({ resolution })
  histogram.enable()
  const worst = new Float64Array(windows)
  let current = 0
  let openedAt = performance.now()
  const read = () => Math.max(0, histogram.max / 1e6 - resolution)
  return {
    mark() {
      const now = performance.now()
      if (now - openedAt < windowLength) return current
      worst[current % windows] = read()
      histogram.reset()
      openedAt = now
      return ++current
    },
    since(mark) {
      let most = read()
      for (let window = Math.max(mark, current - windows + 1); window < current; window++) most = Math.max(most, worst[window % windows]!)
      return most
    },
    [Symbol.dispose]() {
      histogram.disable()
    },
  }
}
