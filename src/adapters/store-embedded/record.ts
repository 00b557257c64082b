import type { Metric } from '../../core/alarm-language/types.ts'
import type { Observation, ObservationKind } from '../../core/observation.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import type { Shape } from './shapes.ts'
import { parseShape } from './shapes.ts'
import { firstWord, noWord, spelledOut, type Words } from './words.ts'

/**
 * One observation as bytes, as it travels to the worker and lies in the hot table:
 * `length:uint32 series flags at slot received boot sequence delay lag tenant entity stressed target trace status shape values…`
 * Times are differences to `at`, except where that would lose a bit.
 */
export const kinds: readonly ObservationKind[] = ['scheduled', 'confirming', 'test']
const availableFlag = 4
const absoluteFlag = 8

export function writeRecord(out: ByteWriter, o: Observation, series: number, shape: Shape, words: Words): void {
  const start = out.length
  out.uint32(0)
  out.uint(series)
  const absolute = o.at + (o.slot - o.at) !== o.slot || o.at + (o.receivedAt - o.at) !== o.receivedAt
  out.uint(kinds.indexOf(o.kind) | (o.available ? availableFlag : 0) | (absolute ? absoluteFlag : 0))
  const base = absolute ? 0 : o.at
  out.number(o.at)
  out.number(o.slot - base)
  out.number(o.receivedAt - base)
  words.write(out, o.boot)
  out.number(o.sequence)
  out.number(o.startDelay)
  out.number(o.lag)
  words.write(out, o.tenant)
  words.write(out, o.entity)
  words.write(out, o.stressed)
  words.write(out, o.target)
  out.text(o.trace)
  out.text(o.status)
  words.write(out, shape.word)
  for (const name in o.metrics) writeValue(out, o.metrics[name]!.value)
  out.uint32(out.length - start - 4, start)
}

function writeValue(out: ByteWriter, value: string | number): void {
  if (typeof value === 'string') out.text(value)
  else out.number(value)
}

/** How the worker looks up what records refer to. */
export interface Names {
  word(id: number): string
  series(id: number): { readonly check: string; readonly zone: string }
  shape(word: string): Shape
}

/** Reads one record whose length has been read already. */
export function readRecord(bytes: ByteReader, names: Names): Observation {
  const { check, zone } = names.series(bytes.uint())
  const flags = bytes.uint()
  const at = bytes.number()
  const base = (flags & absoluteFlag) === 0 ? at : 0
  const slot = bytes.number() + base
  const receivedAt = bytes.number() + base
  const boot = readWord(bytes, names) ?? ''
  const [sequence, startDelay, lag] = [bytes.number(), bytes.number(), bytes.number()]
  const [tenant, entity] = [readWord(bytes, names) ?? '', readWord(bytes, names) ?? '']
  const [stressed, target] = [readWord(bytes, names), readWord(bytes, names)]
  const [trace, status] = [bytes.text(), bytes.text()]
  const metrics = readMetrics(bytes, names.shape(readWord(bytes, names) ?? '[]'))
  const kind = kinds[flags & 3] ?? 'scheduled'
  return { tenant, entity, check, zone, slot, kind, boot, sequence, at, receivedAt, available: (flags & availableFlag) !== 0, status, metrics, target, startDelay, lag, stressed, trace }
}

function readWord(bytes: ByteReader, names: Names): string | null {
  const ref = bytes.uint()
  if (ref === noWord) return null
  return ref === spelledOut ? bytes.text() : names.word(ref - firstWord)
}

function readMetrics(bytes: ByteReader, shape: Shape): Record<string, Metric> {
  const entries = shape.fields.map(({ name, type, unit, text }): [string, Metric] => [name, { type, value: text ? bytes.text() : bytes.number(), unit }])
  return Object.fromEntries(entries)
}

/** Names as the worker learns them: from the database when it opens, then from each batch. */
export class KnownNames implements Names {
  readonly #words: string[] = []
  readonly #series: { check: string; zone: string }[] = []
  readonly #shapes = new Map<string, Shape>()

  addWord(id: number, text: string): void {
    this.#words[id] = text
  }

  addSeries(id: number, check: string, zone: string): void {
    this.#series[id] = { check, zone }
  }

  word(id: number): string {
    return known(this.#words[id], 'word', id)
  }

  series(id: number): { readonly check: string; readonly zone: string } {
    return known(this.#series[id], 'series', id)
  }

  shape(word: string): Shape {
    const shape = this.#shapes.get(word) ?? parseShape(word)
    if (this.#shapes.size < 10_000) this.#shapes.set(word, shape)
    return shape
  }
}

function known<T>(value: T | undefined, what: string, id: number): T {
  if (value === undefined) throw new Error(`A record refers to ${what} ${id}, which was never defined`)
  return value
}
