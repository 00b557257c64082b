import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Channel, DeliveryOutcome, Message } from './channel.ts'
import type { Resolver } from './check-type.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

/** A real server on the other end, and the details that lead to it. */
export interface ChannelHarness extends AsyncDisposable {
  readonly channel: Channel
  readonly details: Readonly<Record<string, unknown>>
  readonly clock: Clock
  readonly resolver: Resolver
  /** what the server does with what comes next: take it; refuse it, but not for ever; never answer; answer without end */
  behave(manners: 'accept' | 'refuse for now' | 'hang' | 'flood'): void
  /** everything that the server took, each as one text with its headers */
  received(): readonly string[]
  /** bytes of an endless answer that it got rid of */
  flooded(): number
  /** resolves when nobody is connected to it any more */
  quiet(): Promise<void>
}

/** What every channel promises; `message` is any message with the key that is looked for. */
export function channelSuite(name: string, open: () => Promise<ChannelHarness>, message: Message): void {
  describe(`channel ${name}`, { timeout: 30_000 }, () => {
    test('delivers once, and carries the key', async () => {
      await using harness = await open()
      const { outcome } = await deliver(harness, message)
      assert.equal(outcome.kind, 'delivered')
      assert.equal(harness.received().length, 1)
      assert.ok(harness.received()[0]?.includes(message.key))
      await harness.quiet()
    })

    test('a refusal that may pass is tried again', async () => {
      await using harness = await open()
      harness.behave('refuse for now')
      const { outcome } = await deliver(harness, message)
      assert.equal(outcome.kind, 'try-again')
      await harness.quiet()
    })

    test('a receiver that hangs is tried again when the time is over, and no connection stays', async () => {
      await using harness = await open()
      harness.behave('hang')
      const { outcome, overdue } = await deliver(harness, message, 300)
      assert.deepEqual([outcome.kind, overdue], ['try-again', true])
      await harness.quiet()
    })

    test('an answer without end is cut off', async () => {
      await using harness = await open()
      harness.behave('flood')
      const { outcome, overdue } = await deliver(harness, message, 20_000)
      assert.notEqual(outcome.kind, 'give-up')
      assert.equal(overdue, false)
      await harness.quiet()
      assert.ok(harness.flooded() < 32_000_000, `${harness.flooded()} bytes`)
    })

    test('a signal that has aborted already delivers nothing', async () => {
      await using harness = await open()
      const { outcome } = await deliver(harness, message, 0)
      assert.equal(outcome.kind, 'try-again')
      assert.equal(harness.received().length, 0)
    })

    test('no secret gets into an outcome or the log', async () => {
      await using harness = await open()
      const secrets = harness.channel.secrets.map((key) => harness.details[key]).filter((value) => typeof value === 'string')
      for (const manners of ['accept', 'refuse for now', 'hang'] as const) {
        harness.behave(manners)
        const { outcome, log } = await deliver(harness, message, manners === 'hang' ? 300 : 20_000)
        for (const secret of secrets) assert.ok(!`${outcome.message}\n${log}`.includes(secret))
      }
    })
  })
}

async function deliver({ channel, details, clock, resolver }: ChannelHarness, message: Message, timeout = 20_000): Promise<{ outcome: DeliveryOutcome; log: string; overdue: boolean }> {
  const lines: string[] = []
  using deadline = timeout === 0 ? { signal: AbortSignal.abort(), [Symbol.dispose]: () => {} } : clock.deadline(timeout)
  const outcome = await channel.deliver({ details, message, clock, resolver, log: listLog(lines), signal: deadline.signal })
  return { outcome, log: lines.join('\n'), overdue: deadline.signal.aborted }
}

function listLog(lines: string[]): Log {
  const write = (facts: unknown, text: string) => { lines.push(`${JSON.stringify(facts)} ${text}`) }
  return { debug: write, info: write, warn: write, error: write, with: () => listLog(lines) }
}
