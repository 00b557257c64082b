import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileText } from '../../src/core/alarm-language/index.ts'
import type { AlarmState, MetricType, Sample } from '../../src/core/alarm-language/index.ts'

// The logic of the examples in the reference (alarm-language.md, section 5), each with what it should say.
interface Example {
  readonly about: string
  readonly criteria: string
  /** metrics now, a minute before if that matters, and the verdict */
  readonly rows: readonly [now: Readonly<Record<string, string | number>>, state: AlarmState, status?: string, before?: Readonly<Record<string, string | number>>][]
}

const examples: readonly Example[] = [
  {
    about: 'page missing',
    criteria: `if (metric['code'] == "404") { return new AlarmStatus(CRITICAL, "gone"); }`,
    rows: [[{ code: '404' }, 'CRITICAL', 'gone'], [{ code: '200' }, 'OK', 'as seen']],
  },
  {
    about: 'forbidden word',
    criteria: `if (metric['body_match'] regex ".*forbidden.*") { return new AlarmStatus(CRITICAL, "found"); }`,
    rows: [[{ body_match: 'a forbidden word' }, 'CRITICAL', 'found'], [{ body_match: '' }, 'OK']],
  },
  {
    about: 'certificate, most urgent first',
    criteria: `if (metric['cert_end_in'] < 172800) { return new AlarmStatus(CRITICAL, "c"); }
      if (metric['cert_end_in'] < 604800) { return new AlarmStatus(WARNING,  "w"); }`,
    rows: [[{ cert_end_in: 172_799 }, 'CRITICAL', 'c'], [{ cert_end_in: 172_800 }, 'WARNING', 'w'], [{ cert_end_in: 604_800 }, 'OK']],
  },
  {
    about: 'expected SAN',
    criteria: `if (metric['cert_subject_alternative_names'] nregex '.*example.com.*') { return new AlarmStatus(CRITICAL, 'san'); }`,
    rows: [[{ cert_subject_alternative_names: 'www.example.com' }, 'OK'], [{ cert_subject_alternative_names: 'example.org' }, 'CRITICAL', 'san']],
  },
  {
    about: 'tcp banner',
    criteria: `if (metric['banner_match'] != "") { return new AlarmStatus(OK); }
      if (metric['banner'] regex "OpenSSH.*") { return new AlarmStatus(OK); }
      return new AlarmStatus(CRITICAL, "no match");`,
    rows: [
      [{ banner_match: 'SSH', banner: '' }, 'OK', 'as seen'],
      [{ banner_match: '', banner: 'SSH-2.0-OpenSSH_9.2' }, 'OK'],
      [{ banner_match: '', banner: 'SSH-2.0-dropbear' }, 'CRITICAL', 'no match'],
    ],
  },
  {
    about: 'dns answer',
    criteria: `if (metric["answer"] regex ".*127.8.2.1.*") { return new AlarmStatus(OK, "ok"); }
      return new AlarmStatus(CRITICAL);`,
    rows: [[{ answer: '127.8.2.1' }, 'OK', 'ok'], [{ answer: '127.0.0.1' }, 'CRITICAL', 'Matched default return statement']],
  },
  {
    about: 'fingerprint changed',
    criteria: `if (previous(metric['fingerprint']) != metric['fingerprint']) { return new AlarmStatus(CRITICAL, 'now #{fingerprint}'); }`,
    rows: [
      [{ fingerprint: 'bb' }, 'CRITICAL', 'now bb', { fingerprint: 'aa' }],
      [{ fingerprint: 'bb' }, 'OK', 'as seen', { fingerprint: 'bb' }],
      [{ fingerprint: 'bb' }, 'OK'],
    ],
  },
  {
    about: 'counters, most specific first',
    criteria: `if (rate(metric['rx_bytes']) > 5242880) { return new AlarmStatus(CRITICAL, '>5MB/s'); }
      if (rate(metric['rx_bytes']) > 1048576) { return new AlarmStatus(WARNING, '>1MB/s'); }`,
    rows: [
      [{ rx_bytes: 6e6 * 60 }, 'CRITICAL', '>5MB/s', { rx_bytes: 0 }],
      [{ rx_bytes: 2e6 * 60 }, 'WARNING', '>1MB/s', { rx_bytes: 0 }],
      [{ rx_bytes: 60 }, 'OK', 'as seen', { rx_bytes: 0 }],
      [{ rx_bytes: 6e6 * 60 }, 'OK'],
    ],
  },
  {
    about: 'ratio',
    criteria: `if (percentage(metric['used'], metric['total']) > 90) { return new AlarmStatus(CRITICAL, 'full'); }`,
    rows: [[{ used: 91, total: 100 }, 'CRITICAL', 'full'], [{ used: 90, total: 100 }, 'OK']],
  },
  {
    about: 'class of status codes, with a doubled backslash',
    criteria: String.raw`if (metric['code'] nregex '2\\d\\d') { return new AlarmStatus(CRITICAL, 'code #{code}'); }`,
    rows: [[{ code: '204' }, 'OK'], [{ code: '503' }, 'CRITICAL', 'code 503']],
  },
  { about: 'settings only', criteria: ':set consistencyLevel=ALL', rows: [[{}, 'OK', 'as seen']] },
  {
    about: 'settings and code on a line',
    criteria: ':set consecutiveCount=3 if (percentage(metric["a"],metric["b"]) >= 90 ) { return new AlarmStatus(CRITICAL, "x"); }',
    rows: [[{ a: 90, b: 100 }, 'CRITICAL', 'x'], [{ a: 89, b: 100 }, 'OK']],
  },
  {
    about: 'the deprecated form',
    criteria: 'if (metric["size"] >= 200) { return CRITICAL } return OK',
    rows: [[{ size: 200 }, 'CRITICAL', 'as seen'], [{ size: 1 }, 'OK', 'Matched default return statement']],
  },
  { about: 'the deprecated form with a text', criteria: 'return WARNING, "text"', rows: [[{}, 'WARNING', 'text']] },
  {
    about: 'compound conditions',
    criteria: `if (metric['code'] != '200' && metric['code'] != '300') { return new AlarmStatus(CRITICAL, 'neither'); }`,
    rows: [[{ code: '300' }, 'OK'], [{ code: '404' }, 'CRITICAL', 'neither']],
  },
]

function sample(values: Readonly<Record<string, string | number>>, at: number): Sample {
  const type = (value: string | number): MetricType => typeof value === 'string' ? 's' : 'n'
  const metrics = Object.entries(values).map(([name, value]) => [name, { type: type(value), value, unit: '' }])
  return { at, available: true, status: 'as seen', metrics: Object.fromEntries(metrics) }
}

for (const { about, criteria, rows } of examples) {
  for (const [now, state, status, before] of rows) {
    test(`${about}: ${JSON.stringify(now)} is ${state}`, () => {
      const result = compileText(criteria)
      assert.ok(result.ok, JSON.stringify(result))
      const verdict = result.compiled.evaluate(sample(now, 60_000), before && sample(before, 0))
      assert.equal(verdict.state, state)
      if (status !== undefined) assert.equal(verdict.status, status)
    })
  }
}
