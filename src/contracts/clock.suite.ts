import assert from 'node:assert/strict'
import type { Clock } from './clock.ts'
import { defineSuite } from './define.suite.ts'

/** `pass` lets time go on until `work` is settled; a real clock just waits. */
export interface TestedClock { readonly clock: Clock; readonly pass: <T>(work: Promise<T>) => Promise<T> }

const reason = new Error('stop')

export const clockSuite = defineSuite<TestedClock>('clock', {
  async 'both times go forward while somebody sleeps, for as long as was asked'({ clock, pass }) {
    const [now, monotonic] = [clock.now(), clock.monotonic()]
    await pass(clock.sleep(20))
    // A timer may fire within the millisecond before its time.
    assert.ok(clock.monotonic() - monotonic >= 19 && clock.now() - now >= 18)
  },

  async 'the shorter sleep ends first, and none waits for less than nothing'({ clock, pass }) {
    const order: string[] = []
    const nap = async (ms: number) => {
      await clock.sleep(ms)
      order.push(`${ms}`)
    }
    await pass(Promise.all([nap(40), nap(10), nap(-5)]))
    assert.deepEqual(order, ['-5', '10', '40'])
  },

  async 'an aborted sleep rejects with the reason, and at once if it was aborted before'({ clock }) {
    const controller = new AbortController()
    const sleeping = clock.sleep(60_000, controller.signal)
    controller.abort(reason)
    await assert.rejects(sleeping, reason)
    await assert.rejects(clock.sleep(60_000, controller.signal), reason)
  },

  async 'a deadline aborts after its time, with a TimeoutError'({ clock, pass }) {
    using deadline = clock.deadline(10)
    assert.equal(deadline.signal.aborted, false)
    await pass(clock.sleep(30))
    assert.equal(deadline.signal.aborted, true)
    assert.ok(deadline.signal.reason instanceof DOMException && deadline.signal.reason.name === 'TimeoutError')
  },

  async 'a deadline aborts with its parent, for the parent\'s reason'({ clock }) {
    const parent = new AbortController()
    using before = clock.deadline(60_000, parent.signal)
    parent.abort(reason)
    using after = clock.deadline(60_000, parent.signal)
    assert.deepEqual([before.signal.reason, after.signal.reason], [reason, reason])
  },

  async 'a deadline that was disposed of never comes'({ clock, pass }) {
    const parent = new AbortController()
    const deadline = clock.deadline(10, parent.signal)
    deadline[Symbol.dispose]()
    await pass(clock.sleep(30))
    parent.abort(reason)
    assert.equal(deadline.signal.aborted, false)
  },
})
