import assert from 'node:assert/strict'
import { Type } from 'typebox'
import type { Channel, DeliveryOutcome, Message } from '../../contracts/channel.ts'
import type { State } from '../../core/alarm-row.ts'

/** One message that arrived. */
export interface Mail { readonly at: number; readonly state: State; readonly key: string; readonly message: Message }
/** What an attempt may come to: it arrives; it does not; it arrives and its sender is not told; nothing ever answers. */
export type Mishap = 'refuse' | 'give up' | 'lose the answer' | 'hang'
type Span = readonly [from: number, to: number]

export interface Mailbox extends Channel {
  /** everything that ever arrived */
  readonly all: readonly Mail[]
  /** the next attempts go wrong, in this order */
  mishaps(...mishaps: readonly Mishap[]): void
  /** refuses every attempt while true */
  closed: boolean
  /** nothing arrived since the last look */
  expectNothing(): void
  /** exactly one message arrived since the last look, and it says this; `at` as ms since the epoch, both ends inside */
  expectOne(wanted: { readonly state: State; readonly at?: Span }): Mail
  /** what arrived since the last look */
  take(): readonly Mail[]
}

/** A channel that ends in a list, for scenarios to look at; `now` is the true time, where senders' clocks may be wrong. */
export function simulatedMailbox(now?: () => number, type = 'mailbox'): Mailbox {
  return new List(now, type)
}

class List implements Mailbox {
  readonly type: string
  readonly about = 'keeps messages in memory'
  readonly details = Type.Object({})
  readonly secrets: readonly string[] = []
  readonly all: Mail[] = []
  closed = false
  readonly #now: (() => number) | undefined
  #seen = 0
  readonly #mishaps: Mishap[] = []

  constructor(now: (() => number) | undefined, type: string) {
    this.#now = now
    this.type = type
  }

  async deliver({ message, clock, signal }: Parameters<Channel['deliver']>[0]): Promise<DeliveryOutcome> {
    const mishap = this.closed ? 'refuse' : this.#mishaps.shift()
    if (mishap === 'refuse') return { kind: 'try-again', message: 'refused' }
    if (mishap === 'give up') return { kind: 'give-up', message: 'unknown recipient' }
    if (mishap === 'hang') return hang(signal)
    this.all.push({ at: this.#now?.() ?? clock.now(), state: message.entry.state, key: message.key, message })
    return mishap === 'lose the answer' ? { kind: 'try-again', message: 'no answer' } : { kind: 'delivered', message: '250 OK' }
  }

  mishaps(...mishaps: readonly Mishap[]): void {
    this.#mishaps.push(...mishaps)
  }

  take(): readonly Mail[] {
    const news = this.all.slice(this.#seen)
    this.#seen = this.all.length
    return news
  }

  expectNothing(): void {
    assert.deepEqual(this.take().map(tell), [])
  }

  expectOne({ state, at }: { readonly state: State; readonly at?: Span }): Mail {
    const news = this.take()
    const [mail] = news
    assert.deepEqual(news.map((one) => one.state), [state], news.map(tell).join('\n'))
    assert.ok(mail !== undefined)
    if (at !== undefined) assert.ok(mail.at >= at[0] && mail.at <= at[1], `${tell(mail)}, not between ${new Date(at[0]).toISOString()} and ${new Date(at[1]).toISOString()}`)
    return mail
  }
}

const tell = ({ at, state, key, message }: Mail) => `${new Date(at).toISOString()} ${state} ${key} ${message.entry.status}: ${message.entry.reason}`

async function hang(signal: AbortSignal): Promise<DeliveryOutcome> {
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  return { kind: 'try-again', message: 'timeout' }
}
