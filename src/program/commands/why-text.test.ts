import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Vote } from '../../core/alarm-row.ts'
import type { DeliveryView, EntryView } from '../../roles/console/wire.ts'
import { whyText } from './why-text.ts'

const noon = Date.UTC(2026, 0, 2, 12)
const vote = (zone: string, more: Partial<Vote> = {}): Vote => ({ zone, state: 'CRITICAL', status: 'answers 500', observation: `ch1:${zone}:7`, at: noon - 2000, seenAt: noon - 1500, stressedRun: 0, ...more })

const entry: EntryView = {
  version: 7, kind: 'state', id: 'id', at: noon, state: 'CRITICAL', previousState: 'OK', status: 'answers 500', reason: 'mza CRITICAL, mzb CRITICAL: QUORUM of 3 zones needs 2',
  zone: 'mza', generation: 1, plan: 'np1', suppressedBy: [], trace: 'trace-1',
  inputs: {
    previous: { state: 'OK', lastKnown: 'OK' }, votes: [vote('mza'), vote('mzb', { state: 'OK', status: 'fine', seenAt: noon - 60_000, stressedRun: 2 })], undecided: [{ zone: 'mzc', seenAt: noon - 500, stressedRun: 0 }],
    rule: { level: 'QUORUM', zones: ['mza', 'mzb', 'mzc', 'mzd'], consecutiveCount: 1, freshFor: 45_000, disabled: false, down: [], confirmAlone: false }, now: noon,
  },
  observation: {
    zone: 'mza', slot: noon - 2000, kind: 'scheduled', at: noon - 2000, receivedAt: noon - 1900, available: true, status: 'code=500,rt=0.1s', target: '192.0.2.1', startDelay: 0, lag: 0, stressed: null, trace: 'trace-1',
    metrics: { code: { type: 's', value: '500', unit: '' }, duration: { type: 'I', value: 100, unit: 'milliseconds' } },
  },
  deliveries: [],
}

const delivery: DeliveryView = { key: 'al1:7:nt1', version: 7, step: 0, createdAt: noon, status: 'waiting', dueAt: noon + 4000, notification: { id: 'nt1', label: 'on call', type: 'webhook' }, attempts: [{ at: noon + 10, took: 12, outcome: 'try-again', message: 'refused', from: 'host-1' }] }

test('a change is told whole: decision, rule, each zone, what was seen', () => {
  assert.equal(whyText('al1', entry), [
    'al1@7  2026-01-02 12:00:00.000 UTC  OK → CRITICAL',
    '  decision  mza CRITICAL, mzb CRITICAL: QUORUM of 3 zones needs 2',
    '  status    answers 500',
    '  rule      QUORUM of 4 zones, 1 in a row, fresh for 45 s; before: OK, last known OK',
    '  vote      mza: CRITICAL since 2026-01-02 11:59:58.000 (answers 500; seen 1.5 s before; ch1:mza:7)',
    '  vote      mzb: OK since 2026-01-02 11:59:58.000 (fine; seen 60.0 s before, too old to count, 2 stressed since; ch1:mzb:7)',
    '  vote      mzc: undecided (seen 0.5 s before)',
    '  vote      mzd: none yet',
    '  observed  mza scheduled at 2026-01-02 11:59:58.000: code=500,rt=0.1s (192.0.2.1)',
    '            code=500 duration=100',
    '  trace     trace-1',
  ].join('\n'))
})

test('each delivery is told with its key and every attempt', () => {
  const second = { ...delivery, key: 'al1:7:nt2', status: 'delivered' as const, attempts: [...delivery.attempts, { at: noon + 2000, took: 30, outcome: 'delivered' as const, message: 'ok', from: 'host-2' }] }
  const text = whyText('al1', { ...entry, deliveries: [delivery, second] })
  assert.match(text, / {2}told {6}on call \(webhook nt1\): waiting, next try 2026-01-02 12:00:04\.000 {3}key al1:7:nt1\n {12}1\. 2026-01-02 12:00:00\.010 try-again after 12 ms from host-1: refused\n/)
  assert.match(text, / {2}told {6}on call \(webhook nt1\): delivered {3}key al1:7:nt2\n {12}1\. .* try-again .*\n {12}2\. 2026-01-02 12:00:02\.000 delivered after 30 ms from host-2: ok\n/)
})

test('what kept everybody from being told is named', () => {
  assert.match(whyText('al1', { ...entry, suppressedBy: ['sp1', 'sp2'] }), /suppressed by sp1, sp2: nobody was told/)
})

test('a version without decision or observation is short', () => {
  const created: EntryView = { ...entry, version: 1, kind: 'created', state: 'UNKNOWN', previousState: 'UNKNOWN', status: '', reason: 'never evaluated', inputs: null, observation: null, trace: '' }
  assert.equal(whyText('al1', created), 'al1@1  2026-01-02 12:00:00.000 UTC  created (UNKNOWN)\n  decision  never evaluated')
})
