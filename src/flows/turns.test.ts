import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AlarmState } from '../core/alarm-language/index.ts'
import { Turns } from './turns.ts'

test('a turn is alone until another zone says the same', () => {
  const turns = new Turns(100)
  turns.add('ch1', 'a', 'CRITICAL', 0)
  turns.add('ch2', 'a', 'CRITICAL', 0)
  assert.equal(turns.alone('a', 0), 2)
  turns.join('ch1', 'b', 'CRITICAL')
  assert.deepEqual([turns.alone('a', 0), turns.alone('b', 0)], [1, 0])
  turns.join('ch2', 'b', 'WARNING')
  assert.equal(turns.alone('a', 0), 1)
})

test('after the window it is forgotten', () => {
  const turns = new Turns(100)
  turns.add('ch1', 'a', 'CRITICAL', 0)
  assert.deepEqual([turns.alone('a', 100), turns.alone('a', 101)], [1, 0])
})

type Step = { readonly act: 'add' | 'join'; readonly check: string; readonly zone: string; readonly state: AlarmState; readonly wait: number }
const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom('add', 'join'), check: fc.constantFrom('ch1', 'ch2', 'ch3'), zone: fc.constantFrom('a', 'b', 'c'), state: fc.constantFrom('OK', 'CRITICAL'), wait: fc.nat(40),
})

test('counting as it goes gives what counting anew gives', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const turns = new Turns(100)
    const model = new Map<string, { state: AlarmState; at: number; zones: Set<string> }>()
    let now = 0
    for (const { act, check, zone, state, wait } of steps) {
      now += wait
      for (const [name, turn] of model) if (now - turn.at > 100) model.delete(name)
      turns.alone('a', now)
      if (act === 'add') turns.add(check, zone, state, now)
      else turns.join(check, zone, state)
      const turn = model.get(check)
      if (turn?.state === state) turn.zones.add(zone)
      else if (act === 'add') model.set(check, { state, at: now, zones: new Set([zone]) })
      for (const name of ['a', 'b', 'c']) assert.equal(turns.alone(name, now), [...model.values()].filter(({ zones }) => zones.size === 1 && zones.has(name)).length)
    }
  }))
})
