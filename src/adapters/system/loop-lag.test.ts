import { test } from 'node:test'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemLoopLag } from './loop-lag.ts'

function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test('tells of a standstill after the mark, and not to who comes later', async () => {
  using lag = systemLoopLag()
  const before = lag.mark()
  await sleep(120)
  block(600)
  await sleep(150)
  assert.ok(lag.since(before) >= 500, `${lag.since(before)} ms seen`)
  const after = lag.mark()
  await sleep(150)
  assert.ok(lag.since(after) < lag.since(before))
  assert.ok(lag.since(before) >= 500, 'who began before it still sees it')
})

test('remembers for as long as a probe may take', async () => {
  using lag = systemLoopLag()
  const before = lag.mark()
  await sleep(120)
  block(300)
  await sleep(120)
  for (let i = 0; i < 20; i++) {
    lag.mark()
    await sleep(20)
  }
  assert.ok(lag.since(before) >= 200)
})
