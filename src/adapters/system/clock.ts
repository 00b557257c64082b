import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Deadline } from '../../contracts/clock.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleep(Math.max(0, ms), undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error
    }
  },
  deadline(ms, parent): Deadline {
    const controller = new AbortController()
    const abort = () => controller.abort(parent?.reason)
    if (parent?.aborted === true) abort()
    const timer = setTimeout(() => controller.abort(new DOMException('The deadline has passed', 'TimeoutError')), ms)
    parent?.addEventListener('abort', abort, { once: true })
    return {
      signal: controller.signal,
      [Symbol.dispose]() {
        clearTimeout(timer)
        parent?.removeEventListener('abort', abort)
      },
    }
  },
}
