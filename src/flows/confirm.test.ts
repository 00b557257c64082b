import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock, type SimulatedClock } from '../adapters/simulated/clock.ts'
import { compileText } from '../core/alarm-language/index.ts'
import { ruleOf } from '../core/consensus/rule.ts'
import type { Check } from '../core/entities/resources.ts'
import type { Observation } from '../core/observation.ts'
import { Confirm, confirmDefaults, type ConfirmSettings } from './confirm.ts'
import type { AlarmPlan } from './plans.ts'
import { quietStage, theAlarm, theCheck, zones } from './stage.suite.ts'

interface Asking { readonly confirm: Confirm; readonly clock: SimulatedClock; readonly asked: string[]; readonly turn: (check: string, zone: string, more?: Partial<Observation>, change?: Partial<Check>) => void }

/** Zones that see checks turn to CRITICAL, and whom they ask. */
function asking(settings: Partial<ConfirmSettings> = {}): Asking {
  const clock = simulatedClock()
  const asked: string[] = []
  const confirm = new Confirm({ publish: (zone, { check, askedBy, notBefore }) => { asked.push(`${askedBy} asks ${zone} for ${check}${notBefore === undefined ? '' : ` in ${notBefore - clock.now()}`}`) }, subscribe: () => { throw new Error('nobody listens here') } }, clock, { ...confirmDefaults, ...settings })
  return {
    confirm, clock, asked,
    turn: (check, zone, more = {}, change = {}) => {
      const at = clock.now()
      const seen: Observation = {
        tenant: 't', entity: 'en', check, zone, slot: at, kind: 'scheduled', boot: 'b', sequence: 1, at, receivedAt: at, available: false, status: '', metrics: {}, target: null,
        startDelay: 0, lag: 0, stressed: null, trace: '', ...more,
      }
      confirm.suspect(planOf({ ...theCheck, id: check, ...change }, 'level' in more ? String(more.level) : undefined), seen, 'CRITICAL')
    },
  }
}

function planOf(check: Check, level = 'QUORUM'): AlarmPlan {
  const result = compileText(`:set consistencyLevel=${level}`)
  assert.ok(result.ok)
  const rule = ruleOf(check, theAlarm, result.compiled, { category: 'remote', consecutiveCount: 1 })
  return { key: { tenant: 't', entity: 'en', alarm: 'al' }, entity: { id: 'en', label: '', agent_id: null, ip_addresses: null, managed: false, uri: null, metadata: null, created_at: 0, updated_at: 0 }, check, alarm: theAlarm, criteria: result.compiled, fingerprint: '', rule, generation: 1 }
}

test('the other zones are asked, once a slot, however often the same is seen', () => {
  const { turn, asked } = asking()
  turn('ch1', 'mzdfw')
  turn('ch1', 'mzdfw')
  assert.deepEqual(asked, ['mzdfw asks mzlon for ch1', 'mzdfw asks mzord for ch1'])
})

test('a zone that is alone is asked itself, a second later', () => {
  const { turn, asked } = asking()
  turn('ch1', 'mzdfw', {}, { monitoring_zones_poll: ['mzdfw'] })
  assert.deepEqual(asked, ['mzdfw asks mzdfw for ch1 in 1000'])
})

test('nobody is asked where it is switched off, where one zone is enough, where nobody evaluates, or for what is long past', async () => {
  const { turn, asked, clock } = asking()
  turn('ch1', 'mzdfw', {}, { confirm: false })
  turn('ch2', 'mzdfw', {}, { disabled: true })
  turn('ch3', 'mzdfw', {}, { confirm: false, monitoring_zones_poll: ['mzdfw'] })
  turn('ch4', 'mzdfw', { at: clock.now() - 80_000 })
  const one: Partial<Observation> & { level: string } = { level: 'ONE' }
  turn('ch5', 'mzdfw', one)
  assert.deepEqual(asked, [])
})

test('a zone asks no faster than its bucket fills, alone or not, and the others are not hindered', async () => {
  const { turn, asked, confirm, clock } = asking({ perSecond: 2, burst: 3, least: 1000 })
  for (let n = 0; n < 10; n++) turn(`ch${n}`, 'mzdfw', {}, { monitoring_zones_poll: n < 5 ? ['mzdfw'] : ['mzdfw', 'mzlon'] })
  assert.deepEqual([asked.length, confirm.counts.limited], [3, 7])
  turn('ch1', 'mzlon')
  assert.equal(asked.length, 5)
  await clock.advance(1000)
  for (let n = 10; n < 20; n++) turn(`ch${n}`, 'mzdfw', {}, { monitoring_zones_poll: ['mzdfw'] })
  assert.equal(asked.length, 7)
})

test('a zone in which many checks turn alone is suspected itself', async () => {
  const { turn, confirm, clock, asked } = asking()
  for (let n = 0; n < 100; n++) confirm.seen('mzdfw', `ch${n}`)
  for (let n = 0; n < 40; n++) turn(`ch${n}`, 'mzdfw')
  assert.deepEqual([confirm.counts.asked, confirm.counts.zoneSuspected], [20, 20])
  await clock.advance(10_001)
  const before = asked.length
  turn('ch99', 'mzdfw')
  assert.ok(asked.length > before, 'after the window it is believed again')
})

test('a zone is believed when others see the same, whoever asks first: a real outage of many targets is confirmed fast', () => {
  const { turn, confirm } = asking()
  for (let n = 0; n < 100; n++) for (const zone of zones) confirm.seen(zone, `ch${n}`)
  for (let n = 0; n < 100; n++) {
    turn(`ch${n}`, 'mzdfw')
    confirm.agreed(`ch${n}`, 'mzdfw', 'CRITICAL')
    if (n % 2 === 0) confirm.agreed(`ch${n}`, 'mzlon', 'CRITICAL')
    else turn(`ch${n}`, 'mzord')
  }
  assert.equal(confirm.counts.zoneSuspected, 0)
})

test('its own vote, and another state elsewhere, confirm nothing', () => {
  const { turn, confirm } = asking()
  for (let n = 0; n < 20; n++) {
    turn(`ch${n}`, 'mzdfw')
    confirm.agreed(`ch${n}`, 'mzdfw', 'CRITICAL')
    confirm.agreed(`ch${n}`, 'mzlon', 'WARNING')
  }
  assert.equal(confirm.counts.zoneSuspected, 10)
})

test('a zone with few checks can still be believed', () => {
  const { turn, confirm } = asking()
  for (let n = 0; n < 3; n++) confirm.seen('mzdfw', `ch${n}`)
  for (let n = 0; n < 3; n++) turn(`ch${n}`, 'mzdfw')
  assert.equal(confirm.counts.zoneSuspected, 0)
})

test('checks that are gone leave the count of a zone', async () => {
  const { turn, confirm, clock } = asking()
  for (let n = 0; n < 1000; n++) confirm.seen('mzdfw', `ch${n}`)
  for (let hour = 0; hour < 3; hour++) {
    await clock.advance(3_700_000)
    for (let n = 0; n < 50; n++) confirm.seen('mzdfw', `ch${n}`)
  }
  for (let n = 0; n < 20; n++) turn(`ch${n}`, 'mzdfw')
  assert.ok(confirm.counts.zoneSuspected > 0)
})

test('a look that confirms makes nobody look again', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(60_000)
  const first = stage.sees('mzdfw', '500')
  await stage.take(node, first)
  assert.deepEqual(node.asked.map(([zone, { slot }]) => [zone, slot]), [['mzlon', first.slot], ['mzord', first.slot]])
  for (const zone of ['mzlon', 'mzord']) await stage.take(node, stage.sees(zone, '500', { kind: 'confirming', slot: first.slot }))
  await stage.minutes(node, 3, '500')
  assert.equal(node.asked.length, 2)
})

test('a confirmation that says otherwise ends it, and the next turn asks anew', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(60_000)
  const first = stage.sees('mzdfw', '500')
  await stage.take(node, first)
  await stage.take(node, stage.sees('mzlon', '200', { kind: 'confirming', slot: first.slot }))
  await stage.minutes(node, 1, '200')
  assert.equal(await stage.state(), 'OK')
  // Once for the turn, once for the way back.
  assert.equal(node.asked.length, 4)
})
