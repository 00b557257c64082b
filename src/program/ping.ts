import { startPing } from '../roles/self/start-ping.ts'
import type { Node } from './node.ts'
import { stateOf, type Parts } from './self-report.ts'

/** Tells the watchman at `url` once a minute that this process is well. */
export function startPinging({ clock, log, resolver }: Node, url: string, parts: Parts): AsyncDisposable {
  return startPing({
    clock, log, isWell: async () => (await stateOf(parts)).problems.length === 0,
    ask: async (signal) => {
      // Loaded with the first one, as for deliveries: it takes 15 MB.
      const { askOnce } = await import('../adapters/system/ask-once.ts')
      return askOnce(resolver, url, signal)
    },
  })
}
