import type { Metric } from '../../../core/alarm-language/types.ts'
import type { Observation } from '../../../core/observation.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { kinds, type Names } from '../record.ts'
import { shapeOf, type Shape } from '../shapes.ts'
import { readNumbers, readTexts, writeNumbers, writeTexts } from './columns.ts'
import { compress, decompress } from './zstd.ts'

/**
 * Observations of one check in one zone, oldest first, as compressed columns. A block stands alone: whoever knows the
 * check and zone and this layout can read it. docs/layouts/embedded.md has it byte by byte.
 */
const layout = 1
const availableFlag = 4
const out = new ByteWriter()

export function writeBlock(observations: readonly Observation[]): Uint8Array {
  out.uint(layout)
  out.uint(observations.length)
  const numbers = (of: (o: Observation) => number) => writeNumbers(out, observations.map(of))
  const texts = (of: (o: Observation) => string | null) => writeTexts(out, observations.map(of))
  numbers((o) => o.at)
  numbers((o) => o.slot)
  numbers((o) => o.receivedAt)
  numbers((o) => kinds.indexOf(o.kind) | (o.available ? availableFlag : 0))
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
  writeMetrics(observations)
  return compress(out.take())
}

export function readBlock(body: Uint8Array, series: { readonly check: string; readonly zone: string }, shapes: Pick<Names, 'shape'>): Observation[] {
  const bytes = new ByteReader(decompress(body))
  if (bytes.uint() !== layout) throw new RangeError('A block is written in a layout that this program does not know')
  const count = bytes.uint()
  const numbers = () => readNumbers(bytes, count)
  const texts = () => readTexts(bytes, count)
  const [at, slot, receivedAt, flags] = [numbers(), numbers(), numbers(), numbers()]
  const [sequence, startDelay, lag] = [numbers(), numbers(), numbers()]
  const [boot, tenant, entity, stressed, target, trace, status] = [texts(), texts(), texts(), texts(), texts(), texts(), texts()]
  const metrics = readMetrics(bytes, count, shapes)
  const { check, zone } = series
  return at.map((time, i) => ({
    tenant: tenant[i]!, entity: entity[i]!, check, zone, slot: slot[i]!, kind: kinds[flags[i]! & 3]!, boot: boot[i]!, sequence: sequence[i]!, at: time,
    receivedAt: receivedAt[i]!, available: (flags[i]! & availableFlag) !== 0, status: status[i]!, metrics: metrics[i]!, target: target[i]!, startDelay: startDelay[i]!,
    lag: lag[i]!, stressed: stressed[i]!, trace: trace[i]!,
  }))
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

function readMetrics(bytes: ByteReader, count: number, shapes: Pick<Names, 'shape'>): Record<string, Metric>[] {
  const words = readTexts(bytes, count)
  const entries: [string, Metric][][] = words.map(() => [])
  for (const word of new Set(words)) {
    const rows = [...words.keys()].filter((i) => words[i] === word)
    for (const { name, type, unit, text } of shapes.shape(word ?? '[]').fields) {
      const values = text ? readTexts(bytes, rows.length) : readNumbers(bytes, rows.length)
      for (const [i, row] of rows.entries()) entries[row]!.push([name, { type, value: values[i]!, unit }])
    }
  }
  return entries.map((row) => Object.fromEntries(row))
}
