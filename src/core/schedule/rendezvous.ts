import { hash } from './hash.ts'

/**
 * Who of `pollers` runs `check`: the one with the highest score for it (rendezvous hashing). When a poller leaves, only
 * its checks move; when one joins, it takes its share and nothing else moves. undefined when there is nobody.
 */
export function chosen(check: string, pollers: readonly string[]): string | undefined {
  let best: string | undefined
  let bestScore = -1
  for (const poller of pollers) {
    const score = hash(`${poller} ${check}`)
    if (score > bestScore || (score === bestScore && best !== undefined && poller < best)) [best, bestScore] = [poller, score]
  }
  return best
}
