import type { ProbeContext } from '../../../contracts/check-type.ts'
import type { Clock } from '../../../contracts/clock.ts'
import { aborted } from '../kit/aborted.ts'
import { cookieBytes } from './packet.ts'
import type { Pinger, Series } from './pinger.ts'

/** ms between two requests; less where the timeout leaves less */
const interval = 200
/** ms after the last request in which an answer still counts: long enough for a satellite, short enough to tell in time */
const lastWait = 3000

type Context = Pick<ProbeContext<unknown>, 'address' | 'clock' | 'random' | 'signal' | 'timeout'>

/** What a series of requests gave; ms each. */
export interface Outcome { readonly sent: number; readonly times: readonly number[]; readonly failure: Series['sendFailure'] }

/** Sends `count` requests, evenly, and waits for their answers as long as the signal and good sense allow. */
export async function ping(pinger: Pinger, { address, clock, random, signal, timeout }: Context, count: number): Promise<Outcome> {
  using series = pinger.start({ address, cookie: random.bytes(cookieBytes), expected: count })
  const pause = Math.min(interval, timeout / 2 / count)
  let sent = 0
  while (sent < count && !signal.aborted) {
    sent += 1
    series.send(sent)
    if (sent < count) await wait(clock, pause, signal)
  }
  using patience = clock.deadline(lastWait, signal)
  await Promise.race([series.complete, aborted(patience.signal)])
  return { sent, times: series.times, failure: pinger.failure ?? series.sendFailure }
}

async function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  using pause = clock.deadline(ms, signal)
  await aborted(pause.signal)
}
