import { crc32 } from 'node:zlib'
import type { Metric } from '../../core/alarm-language/types.ts'
import type { Observation } from '../../core/observation.ts'

/** One observation in a spool; `madeAt` by the monotonic clock of the process that wrote it. */
export interface SpoolRecord { readonly observation: Observation; readonly madeAt: number }

/** One line of text: a checksum, then JSON. Whatever was cut short or overwritten is noticed when it is read. */
export function encode({ observation, madeAt }: SpoolRecord): string {
  const json = JSON.stringify({ m: Math.round(madeAt), o: observation })
  return `${checksum(json)} ${json}\n`
}

/** The record of a line (without its end), or undefined when it is damaged. */
export function decode(line: string): SpoolRecord | undefined {
  const json = line.slice(9)
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(json)) return undefined
  const parsed: unknown = JSON.parse(json)
  return isRecord(parsed) ? { observation: { ...parsed.o, metrics: sound(parsed.o.metrics) }, madeAt: parsed.m } : undefined
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}

const texts = ['tenant', 'entity', 'check', 'zone', 'boot', 'status', 'trace'] as const
const numbers = ['slot', 'sequence', 'at', 'receivedAt', 'startDelay', 'lag'] as const

function isRecord(value: unknown): value is { m: number; o: Observation } {
  if (!isObject(value) || typeof value.m !== 'number' || !isObject(value.o)) return false
  const o = value.o
  return texts.every((name) => typeof o[name] === 'string') && numbers.every((name) => typeof o[name] === 'number')
    && ['scheduled', 'confirming', 'test'].includes(String(o.kind)) && typeof o.available === 'boolean' && isObject(o.metrics)
    && [o.target, o.stressed].every((each) => each === null || typeof each === 'string')
}

/** JSON has no word for a number that is not finite: such a metric is left out, the rest of the observation is kept. */
function sound(metrics: Readonly<Record<string, Metric>>): Record<string, Metric> {
  return Object.fromEntries(Object.entries(metrics).filter(([, metric]) => isObject(metric) && ['string', 'number'].includes(typeof metric.value)))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
