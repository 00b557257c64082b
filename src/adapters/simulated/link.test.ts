import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointLink } from '../../contracts/transport.ts'
import type { Observation } from '../../core/observation.ts'
import { simulatedClock } from './clock.ts'
import { simulatedLink, type LinkFaults } from './link.ts'
import { simulatedRandom } from './random.ts'

const observation = (sequence: number): Observation => ({
  tenant: '1', entity: 'en1', check: 'ch1', zone: 'a', slot: 0, kind: 'scheduled', boot: 'b', sequence, at: 0, receivedAt: 0,
  available: true, status: '', metrics: {}, target: null, startDelay: 0, lag: 0, stressed: null, trace: '',
})

function world(faults: Partial<LinkFaults>) {
  const arrived: number[] = []
  const endpoint: EndpointLink = {
    post: async (observations) => {
      arrived.push(...observations.map((one) => one.sequence))
      return observations.map((one) => String(one.sequence))
    },
    schedule: async () => ({ cursor: '1', full: true, upserts: [], removes: [], pollers: [] }),
    async *confirmations() {},
  }
  const clock = simulatedClock()
  return { arrived, clock, link: simulatedLink({ peer: () => ({ endpoint, node: clock, gone: new AbortController().signal }), clock, sender: clock, random: simulatedRandom(7), faults }) }
}

test('without faults a link is the endpoint', async () => {
  const { arrived, clock, link } = world({})
  assert.deepEqual(await clock.run(link.post([observation(1)], true)), ['1'])
  assert.deepEqual(arrived, [1])
})

test('a lost post never arrives; a lost acknowledgement hides one that did', async () => {
  for (const [faults, expected] of [[{ loseBefore: 1 }, []], [{ loseAfter: 1 }, [1]], [{ cut: true }, []]] as const) {
    const { arrived, clock, link } = world(faults)
    await assert.rejects(clock.run(link.post([observation(1)], true)), /does not answer/)
    assert.deepEqual(arrived, expected)
  }
})

test('a post may arrive twice, and overtake another', async () => {
  const { arrived, clock, link } = world({ duplicate: 1, delay: [0, 1000] })
  await clock.run(Promise.all([1, 2, 3, 4, 5].map((n) => link.post([observation(n)], true))))
  await clock.advance(120_000)
  assert.notDeepEqual(arrived.slice(0, 5), [1, 2, 3, 4, 5])
  assert.deepEqual(arrived.toSorted((a, b) => a - b), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
})
