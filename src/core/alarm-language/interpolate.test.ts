import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interpolate } from './interpolate.ts'
import type { Metric } from './types.ts'

const metrics: Readonly<Record<string, Metric>> = {
  usage: { type: 'n', value: 91.2808, unit: 'percent' },
  whole: { type: 'n', value: 5, unit: '' },
  text: { type: 'n', value: '0.5', unit: '' },
  count: { type: 'L', value: '18446744073709551615', unit: '' },
  small: { type: 'i', value: -3, unit: '' },
  code: { type: 's', value: '404', unit: '' },
  odd: { type: 'n', value: Number.NaN, unit: '' },
  'osd.3_up /x y': { type: 'i', value: 1, unit: '' },
  nested: { type: 's', value: '#{code}', unit: '' },
  long: { type: 's', value: 'x'.repeat(100_000), unit: '' },
}

const rows: [message: string, status: string][] = [
  ['CPU usage is #{usage}%', 'CPU usage is 91.28%'],
  ['#{whole}, #{text}, #{count}, #{small}, #{code}, #{odd}', '5, 0.50, 18446744073709551615, -3, 404, NaN'],
  ['#{osd.3_up /x y}', '1'],
  ['#{unknown} #{} #{toString} #{', '#{unknown} #{} #{toString} #{'],
  ['#{nested}', '#{code}'],
  ['$& #{code} $1', '$& 404 $1'],
  ['#{long}', 'x'.repeat(128)],
  [`${'x'.repeat(127)}😀`, 'x'.repeat(127)],
  [`${'x'.repeat(126)}😀`, `${'x'.repeat(126)}😀`],
]

for (const [message, status] of rows) test(`${message} becomes ${status.slice(0, 60)}`, () => assert.equal(interpolate(message, metrics), status))
