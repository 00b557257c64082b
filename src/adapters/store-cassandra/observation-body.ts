import type { Metric, MetricType } from '../../core/alarm-language/types.ts'
import type { Observation, ObservationKind } from '../../core/observation.ts'
import { ByteReader, ByteWriter } from '../store-embedded/bytes.ts'

/**
 * One observation as the bytes of its row, but for what its key says (check, zone, at):
 * `version flags slot received sequence delay lag tenant entity boot trace status stressed target count {name type unit value}…`
 * Every version ever written is read for as long as rows live; docs/layouts/cassandra.md has them all.
 */
const version = 1
const kinds: readonly ObservationKind[] = ['scheduled', 'confirming', 'test']
const metricTypes: readonly MetricType[] = ['i', 'I', 'l', 'L', 'n', 's']
const availableFlag = 4
/** times are differences to `at`, except where that would lose a bit */
const absoluteFlag = 8
const stressedFlag = 16
const targetFlag = 32
const textValue = 128

const out = new ByteWriter()

export function writeBody(o: Observation): Uint8Array {
  const absolute = o.at + (o.slot - o.at) !== o.slot || o.at + (o.receivedAt - o.at) !== o.receivedAt
  const base = absolute ? 0 : o.at
  out.length = 0
  out.uint(version)
  out.uint(kinds.indexOf(o.kind) | (o.available ? availableFlag : 0) | (absolute ? absoluteFlag : 0) | (o.stressed === null ? 0 : stressedFlag) | (o.target === null ? 0 : targetFlag))
  for (const number of [o.slot - base, o.receivedAt - base, o.sequence, o.startDelay, o.lag]) out.number(number)
  for (const text of [o.tenant, o.entity, o.boot, o.trace, o.status]) out.text(text)
  if (o.stressed !== null) out.text(o.stressed)
  if (o.target !== null) out.text(o.target)
  const metrics = Object.entries(o.metrics)
  out.uint(metrics.length)
  for (const [name, metric] of metrics) writeMetric(name, metric)
  return out.take()
}

export function readBody(check: string, zone: string, at: number, body: Uint8Array): Observation {
  const bytes = new ByteReader(body)
  const written = bytes.uint()
  if (written !== version) throw new Error(`An observation of ${check} was written by a newer program (layout ${written})`)
  const flags = bytes.uint()
  const base = (flags & absoluteFlag) === 0 ? at : 0
  const [slot, receivedAt, sequence, startDelay, lag] = [bytes.number() + base, bytes.number() + base, bytes.number(), bytes.number(), bytes.number()]
  const [tenant, entity, boot, trace, status] = [bytes.text(), bytes.text(), bytes.text(), bytes.text(), bytes.text()]
  const stressed = (flags & stressedFlag) === 0 ? null : bytes.text()
  const target = (flags & targetFlag) === 0 ? null : bytes.text()
  const metrics = Object.fromEntries(Array.from({ length: bytes.uint() }, () => readMetric(bytes)))
  const kind = kinds[flags & 3] ?? 'scheduled'
  return { tenant, entity, check, zone, slot, kind, boot, sequence, at, receivedAt, available: (flags & availableFlag) !== 0, status, metrics, target, startDelay, lag, stressed, trace }
}

function writeMetric(name: string, { type, unit, value }: Metric): void {
  out.text(name)
  out.uint(metricTypes.indexOf(type) | (typeof value === 'string' ? textValue : 0))
  out.text(unit)
  if (typeof value === 'string') out.text(value)
  else out.number(value)
}

function readMetric(bytes: ByteReader): [string, Metric] {
  const name = bytes.text()
  const coded = bytes.uint()
  const unit = bytes.text()
  const value = (coded & textValue) === 0 ? bytes.number() : bytes.text()
  return [name, { type: metricTypes[coded & 7] ?? 'n', value, unit }]
}

/** An observation's identity within its partition, as bytes that stand in the order of the text: code unit by code unit. */
export function identityBytes({ slot, kind, boot, sequence }: Pick<Observation, 'slot' | 'kind' | 'boot' | 'sequence'>): Uint8Array {
  const text = `${slot}:${kind}:${boot}:${sequence}`
  out.length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) out.raw(Uint8Array.of(code))
    else if (code < 0x800) out.raw(Uint8Array.of(0xc0 | (code >> 6), 0x80 | (code & 0x3f)))
    // Surrogates one by one: UTF-8 proper would sort them behind U+FFFF.
    else out.raw(Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)))
  }
  return out.take()
}
