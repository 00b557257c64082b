import type { Metric } from '../../../core/alarm-language/types.ts'
import type { Observation } from '../../../core/observation.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { kinds, type Names } from '../record.ts'
import { shapeOf, type Field, type Shape } from '../shapes.ts'
import { readNumbers, readTexts, writeNumbers, writeTexts } from './columns.ts'
import { compress, decompress } from './zstd.ts'

/**
 * Observations of one check in one zone, oldest first, as compressed columns. A block stands alone: whoever knows the
 * check and zone and this layout can read it. docs/layouts/embedded.md has it byte by byte.
 */
/** Times of samples, ascending, and their numbers. */
export interface Samples { readonly times: number[]; readonly numbers: number[] }

const layout = 1
const availableFlag = 4
const out = new ByteWriter()

export function writeBlock(observations: readonly Observation[]): Uint8Array {
  out.uint(layout)
  out.uint(observations.length)
  const numbers = (of: (o: Observation) => number) => writeNumbers(out, observations.map(of))
  const texts = (of: (o: Observation) => string | null) => writeTexts(out, observations.map(of))
  numbers((o) => o.at)
  numbers((o) => kinds.indexOf(o.kind) | (o.available ? availableFlag : 0))
  writeMetrics(observations)
  numbers((o) => o.slot)
  numbers((o) => o.receivedAt)
  numbers((o) => o.sequence)
  numbers((o) => o.startDelay)
  numbers((o) => o.lag)
  texts((o) => o.boot)
  texts((o) => o.tenant)
  texts((o) => o.entity)
  texts((o) => o.stressed)
  texts((o) => o.target)
  texts((o) => o.trace)
  texts((o) => o.status)
  return compress(out.take())
}

export function readBlock(body: Uint8Array, series: { readonly check: string; readonly zone: string }, shapes: Pick<Names, 'shape'>): Observation[] {
  const { bytes, at, flags } = open(body)
  const count = at.length
  const numbers = () => readNumbers(bytes, count)
  const texts = () => readTexts(bytes, count)
  const metrics = joinMetrics(count, readColumns(bytes, count, shapes))
  const [slot, receivedAt, sequence, startDelay, lag] = [numbers(), numbers(), numbers(), numbers(), numbers()]
  const [boot, tenant, entity, stressed, target, trace, status] = [texts(), texts(), texts(), texts(), texts(), texts(), texts()]
  const { check, zone } = series
  return at.map((time, i) => ({
    tenant: tenant[i]!, entity: entity[i]!, check, zone, slot: slot[i]!, kind: kinds[flags[i]! & 3]!, boot: boot[i]!, sequence: sequence[i]!, at: time,
    receivedAt: receivedAt[i]!, available: (flags[i]! & availableFlag) !== 0, status: status[i]!, metrics: metrics[i]!, target: target[i]!, startDelay: startDelay[i]!,
    lag: lag[i]!, stressed: stressed[i]!, trace: trace[i]!,
  }))
}

/** The numbers of each metric with their times, tests left out; what stands behind the metrics is not even read. */
export function readSamples(body: Uint8Array, shapes: Pick<Names, 'shape'>): Map<string, Samples> {
  const { bytes, at, flags } = open(body)
  const samples = new Map<string, Samples>()
  for (const { field, rows, values } of readColumns(bytes, at.length, shapes)) {
    if (field.text) continue
    const { times, numbers } = samplesOf(samples, field.name)
    for (const [i, row] of rows.entries()) {
      const value = values[i]
      if (kinds[flags[row]! & 3] === 'test' || typeof value !== 'number' || !Number.isFinite(value)) continue
      times.push(at[row]!)
      numbers.push(value)
    }
  }
  for (const one of samples.values()) putInOrder(one)
  return samples
}

/** A metric that stands in several shapes comes shape by shape. */
function putInOrder({ times, numbers }: Samples): void {
  if (times.every((time, i) => i === 0 || time >= times[i - 1]!)) return
  const pairs = times.map((time, i) => [time, numbers[i]!] as const).sort(([a], [b]) => a - b)
  for (const [i, [time, number]] of pairs.entries()) [times[i], numbers[i]] = [time, number]
}

/** The samples of a metric, made when there are none yet. */
export function samplesOf(all: Map<string, Samples>, metric: string): Samples {
  const present = all.get(metric) ?? { times: [], numbers: [] }
  all.set(metric, present)
  return present
}

/** First the shape of each observation, then for each shape, in the order of their words, a column a metric. */
function writeMetrics(observations: readonly Observation[]): void {
  let last: Shape | undefined
  const shapes = observations.map((observation) => (last = shapeOf(observation.metrics, last)))
  writeTexts(out, shapes.map((shape) => shape.word))
  for (const word of new Set(shapes.map((shape) => shape.word))) {
    const rows = observations.filter((_, i) => shapes[i]!.word === word)
    for (const { name, text } of shapes.find((shape) => shape.word === word)!.fields) {
      const values = rows.map((row) => row.metrics[name]!.value)
      // A shape tells of each metric whether its values are texts.
      if (text) writeTexts(out, values as string[])
      else writeNumbers(out, values as number[])
    }
  }
}

/** The values of one metric in the observations with the indices `rows`. */
interface Column { readonly field: Field; readonly rows: readonly number[]; readonly values: readonly (string | number | null)[] }

function readColumns(bytes: ByteReader, count: number, shapes: Pick<Names, 'shape'>): Column[] {
  const words = readTexts(bytes, count)
  return [...new Set(words)].flatMap((word) => {
    const rows = [...words.keys()].filter((i) => words[i] === word)
    return shapes.shape(word ?? '[]').fields.map((field): Column => ({ field, rows, values: field.text ? readTexts(bytes, rows.length) : readNumbers(bytes, rows.length) }))
  })
}

function joinMetrics(count: number, columns: readonly Column[]): Record<string, Metric>[] {
  const entries: [string, Metric][][] = Array.from({ length: count }, () => [])
  for (const { field: { name, type, unit }, rows, values } of columns) {
    for (const [i, row] of rows.entries()) entries[row]!.push([name, { type, value: values[i]!, unit }])
  }
  return entries.map((row) => Object.fromEntries(row))
}

/** The beginning of a block, and a reader that stands behind it. */
function open(body: Uint8Array): { bytes: ByteReader; at: number[]; flags: number[] } {
  const bytes = new ByteReader(decompress(body))
  if (bytes.uint() !== layout) throw new RangeError('A block is written in a layout that this program does not know')
  const count = bytes.uint()
  return { bytes, at: readNumbers(bytes, count), flags: readNumbers(bytes, count) }
}
