import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until `holds` answers true, asking again and again; throws when it has not within `patience` ms. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, patience = 60_000): Promise<void> {
  for (const giveUp = performance.now() + patience; performance.now() < giveUp; await sleep(50)) if (await holds()) return
  throw new Error(`${what}: not within ${patience / 1000} s`)
}

/** Whether a GET of `url` is answered well now. */
export async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1000) })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}
