import { hrtime } from 'node:process'
import { compileText } from '../../src/core/alarm-language/index.ts'
import type { Metric, MetricType, Sample } from '../../src/core/alarm-language/index.ts'

/**
 * What evaluating criteria costs, beside a floor: a closure written by hand that reads the same metrics and
 * makes the same verdict, without checking anything first. One JSON line a case.
 */
interface Case {
  readonly name: string
  readonly criteria: string
  readonly now: Readonly<Record<string, string | number>>
  readonly before?: Readonly<Record<string, string | number>>
  readonly floor: (now: Sample, before: Sample | undefined) => unknown
}

const num = (sample: Sample | undefined, name: string) => Number(sample?.metrics[name]?.value)
const str = (sample: Sample, name: string) => String(sample.metrics[name]?.value)
const says = (state: string, status: string) => ({ state, status })

const cases: readonly Case[] = [
  {
    name: 'numeric compare, holds',
    criteria: "if (metric['duration'] > 500) { return new AlarmStatus(CRITICAL, 'slow'); }",
    now: { duration: 600 },
    floor: now => num(now, 'duration') > 500 ? says('CRITICAL', 'slow') : says('OK', now.status),
  },
  {
    name: 'numeric compare, default return',
    criteria: "if (metric['duration'] > 500) { return new AlarmStatus(CRITICAL, 'slow'); } return new AlarmStatus(OK, 'fine');",
    now: { duration: 100 },
    floor: now => num(now, 'duration') > 500 ? says('CRITICAL', 'slow') : says('OK', 'fine'),
  },
  {
    name: 'string compare',
    criteria: "if (metric['code'] == '404') { return new AlarmStatus(CRITICAL, 'gone'); }",
    now: { code: '200' },
    floor: now => str(now, 'code') === '404' ? says('CRITICAL', 'gone') : says('OK', now.status),
  },
  {
    name: 'rate and percentage',
    criteria: "if (rate(metric['rx']) > 100 && percentage(metric['used'], metric['total']) > 90) { return new AlarmStatus(CRITICAL, 'full'); }",
    now: { rx: 1e6, used: 91, total: 100 },
    before: { rx: 0, used: 0, total: 100 },
    floor: (now, before) => (num(now, 'rx') - num(before, 'rx')) / 60 > 100 && num(now, 'used') / num(now, 'total') * 100 > 90
      ? says('CRITICAL', 'full') : says('OK', now.status),
  },
  {
    name: 'interpolation',
    criteria: "if (metric['usage'] > 90) { return new AlarmStatus(CRITICAL, 'CPU usage is #{usage}%'); }",
    now: { usage: 91.2808 },
    floor: now => num(now, 'usage') > 90 ? says('CRITICAL', `CPU usage is ${num(now, 'usage').toFixed(2)}%`) : says('OK', now.status),
  },
  {
    name: 'pattern of a status code',
    criteria: String.raw`if (metric['code'] nregex '2\\d\\d') { return new AlarmStatus(CRITICAL, 'bad code'); }`,
    now: { code: '200' },
    floor: now => /2\d\d/.test(str(now, 'code')) ? says('OK', now.status) : says('CRITICAL', 'bad code'),
  },
  {
    name: 'pattern in eighty characters',
    criteria: "if (metric['body_match'] regex '.*cannot reach [A-Z]+.*') { return new AlarmStatus(CRITICAL, 'unreachable'); }",
    now: { body_match: `${'all is well, '.repeat(5)}cannot reach API` },
    floor: now => /cannot reach [A-Z]+/.test(str(now, 'body_match')) ? says('CRITICAL', 'unreachable') : says('OK', now.status),
  },
]

function sample(values: Readonly<Record<string, string | number>>, at: number): Sample {
  const metric = (value: string | number): Metric => ({ type: (typeof value === 'string' ? 's' : 'n') satisfies MetricType, value, unit: '' })
  return { at, available: true, status: 'code=200', metrics: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, metric(value)])) }
}

const runs = 200_000
let kept: unknown

/** The median of seven rounds, after one that warms up. */
function nanoseconds(op: () => unknown): number {
  const rounds = Array.from({ length: 8 }, () => {
    const start = hrtime.bigint()
    for (let i = 0; i < runs; i++) kept = op()
    return Number(hrtime.bigint() - start) / runs
  })
  return rounds.slice(1).toSorted((a, b) => a - b)[3] ?? Number.NaN
}

for (const { name, criteria, now, before, floor } of cases) {
  const result = compileText(criteria)
  if (!result.ok) throw new Error(`${name}: ${JSON.stringify(result.problems)}`)
  const { evaluate } = result.compiled
  const current = sample(now, 60_000)
  const previous = before && sample(before, 0)
  const cost = nanoseconds(() => evaluate(current, previous))
  const least = nanoseconds(() => floor(current, previous))
  const line = { bench: 'criteria', case: name, ns_per_op: Math.round(cost), floor_ns_per_op: Math.round(least), ratio: Number((cost / least).toFixed(2)) }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
if (kept === undefined) throw new Error('nothing was measured')
