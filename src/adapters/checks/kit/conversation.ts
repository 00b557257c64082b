import type { Clock } from '../../../contracts/clock.ts'
import { aborted } from './aborted.ts'
import type { Connection } from './connection.ts'
import type { Failure } from './failure.ts'

/** `text` is cut at the limit, `data` is all that came. */
export interface Heard { readonly text: string; readonly data: Buffer; readonly failure: Failure | undefined; /** the first byte's instant */ readonly firstByte: number | undefined; readonly ended: boolean }

/** What might be enough is taken for enough when nothing follows it for so long. */
const quiet = 100

/**
 * Text from a peer that has no framing that we know of: reads until `complete`, the end, or `limit` bytes. Text that is
 * `enough` without being complete ends it too, as soon as the peer pauses.
 */
export async function hear(connection: Connection, clock: Clock, signal: AbortSignal, rest: Buffer, limit: number, complete: (text: string) => boolean, enough: (text: string) => boolean): Promise<Heard> {
  let data = rest
  let firstByte = rest.length > 0 ? clock.monotonic() : undefined
  for (;;) {
    const text = data.subarray(0, limit).toString('utf8')
    const heard = { text, data, firstByte, failure: undefined, ended: false }
    if (data.length >= limit || (data.length > 0 && complete(text))) return heard
    const chunk = data.length > 0 && enough(text) ? await pausing(connection, clock, signal) : await connection.read()
    if (chunk === undefined) return heard
    if (chunk.kind === 'failed') return { ...heard, failure: chunk }
    if (chunk.kind === 'end') return { ...heard, ended: true }
    firstByte ??= clock.monotonic()
    data = Buffer.concat([data, chunk.data])
  }
}

async function pausing(connection: Connection, clock: Clock, signal: AbortSignal) {
  using pause = clock.deadline(quiet, signal)
  return await Promise.race([connection.read(), aborted(pause.signal)])
}
