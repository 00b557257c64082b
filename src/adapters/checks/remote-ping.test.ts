import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { assertFacts, assertNothingOpen, probe, values, type Probing } from './kit/probing.suite.ts'
import { remotePing } from './remote-ping.ts'

afterEach(assertNothingOpen)

const look = (target: string, given: Probing & { count?: number } = {}) => probe(remotePing, { target, details: given.count === undefined ? {} : { count: given.count }, ...given })
const first = await look('127.0.0.1', { count: 1 })
const six = await look('::1', { count: 1 })
/** A machine may forbid ICMP altogether; then the answer is "cannot", which has its own test. */
const able = { skip: first.cannot === true ? first.status : false }
const ableSix = { skip: six.cannot === true || /no route/.test(six.status) ? six.status : false }

test('either it pings or it says why it cannot, and never "down"', () => {
  if (first.cannot === true) assert.match(first.status, /^cannot ping: \w/)
  else assert.equal(first.available, true)
})

test('a host that answers is available, with its times in seconds', able, async () => {
  const result = await look('127.0.0.1')
  assertFacts(remotePing, result)
  const { available, count, minimum, average, maximum } = values(result)
  assert.deepEqual([result.available, available, count], [true, 100, 6])
  assert.ok(Number(minimum) > 0 && Number(minimum) <= Number(average) && Number(average) <= Number(maximum) && Number(maximum) < 1)
  assert.match(result.status, /^cnt=6,avail=100,min=0\.\d{6},max=0\.\d{6},avg=0\.\d{6}$/)
})

test('IPv6 as well', ableSix, async () => {
  const result = await look('::1', { count: 3 })
  assert.deepEqual([result.available, values(result)['available'], result.target], [true, 100, '::1'])
})

test('many at once share a socket and keep their answers apart', able, async () => {
  const results = await Promise.all(Array.from({ length: 40 }, (_, i) => look(`127.0.0.${i + 1}`, { count: 3 })))
  for (const [i, result] of results.entries()) assert.deepEqual([result.target, values(result)['available'], values(result)['count']], [`127.0.0.${i + 1}`, 100, 3])
})

test('the event loop turns while packets are on their way', able, async () => {
  let turns = 0
  const timer = setInterval(() => {
    turns += 1
  }, 5)
  await look('127.0.0.1', { count: 3 })
  clearInterval(timer)
  assert.ok(turns > 20, String(turns))
})

test('an abort from outside rejects with its reason', able, async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('stop')), 50)
  await assert.rejects(look('127.0.0.1', { count: 15, signal: controller.signal }), /stop/)
})

test('what the kernel will not send is named', able, async () => {
  const result = await look('255.255.255.255', { count: 2, timeout: 0.5 })
  assert.deepEqual([result.available, result.cannot, result.status], [false, true, 'cannot connect: not permitted'])
})
