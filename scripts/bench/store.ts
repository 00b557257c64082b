import { randomBytes } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ByteWriter } from '../../src/adapters/store-embedded/bytes.ts'
import { openEmbedded, type EmbeddedStore } from '../../src/adapters/store-embedded/index.ts'
import { writeRecord } from '../../src/adapters/store-embedded/record.ts'
import { parseShape, shapeOf } from '../../src/adapters/store-embedded/shapes.ts'
import { readBlock, writeBlock } from '../../src/adapters/store-embedded/worker/block.ts'
import { Words } from '../../src/adapters/store-embedded/words.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import type { Observation } from '../../src/core/observation.ts'

/**
 * What the embedded store costs, as JSON lines: `node scripts/bench/store.ts --seconds 3`. CPU is the whole process's, all
 * threads. Beside each batch size stands the floor: the same bytes appended to a plain file and synced, one after the other.
 */
const { values: flags } = parseArgs({ options: { seconds: { type: 'string', default: '3' }, directory: { type: 'string', default: tmpdir() } } })
const seconds = Number(flags.seconds)
const print = (line: Record<string, unknown>) => console.log(JSON.stringify(line))
const round = (value: number, digits = 1) => Number(value.toFixed(digits))

/** What an http check gives: its times vary, the rest hardly does. */
function httpObservation(check: number, zone: string, run: number, period = 30_000): Observation {
  const dice = (n: number) => (Math.imul(run * 31 + check * 17 + n, 0x9e3779b1) >>> 0) / 2 ** 32
  const slot = 1_800_000_000_000 + run * period + check
  const [connect, first] = [1 + Math.floor(dice(1) * 4), 5 + Math.floor(dice(2) * 40)]
  const ms = (value: number) => ({ type: 'I', value, unit: 'milliseconds' }) as const
  const text = (value: string) => ({ type: 's', value, unit: 'unknown' }) as const
  return {
    tenant: '100000', entity: `enAAAA${check % 100}`, check: `chAAAA${check}`, zone, slot, kind: 'scheduled', boot: '0b8e3c52-7c1b-4f37-9a53-0f4cf3b5c1aa', sequence: run, at: slot + Math.floor(dice(3) * 4),
    receivedAt: slot + first + 3, available: true, status: `code=200,rt=0.${String(first).padStart(3, '0')}s,bytes=${3000 + (run % 3)}`, target: '192.0.2.17', startDelay: round(dice(3) * 4, 2), lag: 0, stressed: null,
    trace: randomBytes(8).toString('hex'),
    metrics: { bytes: { type: 'i', value: 3000 + (run % 3), unit: 'bytes' }, code: text('200'), duration: ms(first + 2), truncated: { type: 'I', value: 0, unit: 'bytes' }, tt_connect: ms(connect), tt_firstbyte: ms(first), tt_dns: ms(0), body_match: text('') },
  }
}
const samplesEach = Object.keys(httpObservation(0, 'mzdfw', 0).metrics).length

async function withStore<T>(options: { linger?: number }, work: (store: EmbeddedStore) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(flags.directory, 'vedette-bench-'))
  try {
    await using store = await openEmbedded({ directory, clock: systemClock, log: systemLog('error'), ...options })
    return await work(store)
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Calls `one` again and again for a while: how often a second, and how much CPU each took. */
async function measure(one: (run: number) => Promise<void>): Promise<{ each: number; perSecond: number; cpu: number }> {
  for (let run = 0; run < 50; run++) await one(run)
  const [cpu, began] = [process.cpuUsage(), performance.now()]
  let runs = 0
  while (performance.now() - began < seconds * 1000) await one(50 + runs++)
  const { user, system } = process.cpuUsage(cpu)
  return { each: runs, perSecond: runs / ((performance.now() - began) / 1000), cpu: (user + system) / runs }
}

async function appends(size: number): Promise<void> {
  const batch = (run: number) => Array.from({ length: size }, (_, i) => httpObservation(i, 'mzdfw', run))
  const making = await measure(async (run) => { batch(run) })
  const store = await withStore({ linger: 0 }, (it) => measure(async (run) => it.observations.append(batch(run))))
  const bytes = encoded(batch(1))
  const file = join(await mkdtemp(join(flags.directory, 'vedette-bench-')), 'plain')
  await using handle = await open(file, 'a')
  const floor = await measure(async () => {
    await handle.write(bytes)
    await handle.datasync()
  })
  await rm(join(file, '..'), { recursive: true })
  const cpu = (store.cpu - making.cpu) / size
  print({ what: 'append', batch: size, observationsPerSecond: Math.round(store.perSecond * size), cpuMicrosEach: round(cpu), bytesEach: round(bytes.length / size),
    floorPerSecond: Math.round(floor.perSecond * size), floorCpuMicrosEach: round(floor.cpu / size), throughputRatio: round(store.perSecond / floor.perSecond, 2), cpuRatio: round(cpu / (floor.cpu / size), 2) })
}

function encoded(observations: readonly Observation[]): Uint8Array {
  const [out, words] = [new ByteWriter(), new Words([])]
  for (const [i, observation] of observations.entries()) writeRecord(out, observation, i, shapeOf(observation.metrics, undefined), words)
  return out.take()
}

/**
 * Observations one by one at a steady rate, as probes give them, and the newest of the series read after each. What the
 * same pace costs without a store is taken off; of four turns each the cheapest counts, because the machine is not ours alone.
 */
async function steady(rate: number, linger: number): Promise<void> {
  const waits: number[] = []
  await withStore({ linger }, async (store) => {
    const keep = async (observation: Observation) => {
      const began = performance.now()
      await store.observations.append([observation])
      waits.push(performance.now() - began)
      await store.observations.newest(observation.check, observation.zone, 8)
    }
    await pace(rate, keep)
    waits.length = 0
    const { commits } = await store.stats()
    let [idle, plain, kept] = [Infinity, Infinity, Infinity]
    for (let turn = 0; turn < 4; turn++) {
      idle = Math.min(idle, await cpuOf(() => systemClock.sleep(seconds * 500)))
      plain = Math.min(plain, await cpuOf(() => pace(rate, async () => {})))
      kept = Math.min(kept, await cpuOf(() => pace(rate, keep)))
    }
    waits.sort((a, b) => a - b)
    const perSecond = ((await store.stats()).commits - commits) / seconds / 4
    print({ what: 'steady', rate, linger, cpuMicrosEach: round((kept - plain) / (rate * seconds)), idleCpuMillisPerSecond: round(idle / seconds / 500, 2), commitsPerSecond: round(perSecond), waitMedianMillis: round(waits[Math.floor(waits.length / 2)] ?? 0), waitP99Millis: round(waits[Math.floor(waits.length * 0.99)] ?? 0) })
  })
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

async function pace(rate: number, one: (observation: Observation) => Promise<void>): Promise<void> {
  const began = performance.now()
  const under: Promise<void>[] = []
  for (let i = 0; i < rate * seconds; i++) {
    const ahead = began + (i * 1000) / rate - performance.now()
    if (ahead > 1) await systemClock.sleep(ahead)
    under.push(one(httpObservation(i % 200, 'mzdfw', Math.floor(i / 200))))
  }
  await Promise.all(under)
}

/** Columns: how fast they are written and read, and what a sample takes. `size` observations of one check stand in a block. */
function blocks(size: number): void {
  const observations = Array.from({ length: size }, (_, run) => httpObservation(1, 'mzdfw', run))
  const plain = encoded(observations).length
  const block = writeBlock(observations)
  const series = { check: 'chAAAA1', zone: 'mzdfw' }
  const rate = (work: () => unknown): number => {
    for (let i = 0; i < 50; i++) work()
    const began = performance.now()
    let runs = 0
    while (performance.now() - began < seconds * 300) runs += work() === undefined ? 0 : 1
    return (performance.now() - began) / runs
  }
  const [write, read] = [rate(() => writeBlock(observations)), rate(() => readBlock(block, series, { shape: parseShape }))]
  print({ what: 'block', observations: size, bytesPerObservation: round(block.length / size), bytesPerSample: round(block.length / size / samplesEach, 2), encodeMBs: round(plain / write / 1000), decodeMBs: round(plain / read / 1000), encodeMicrosEach: round((write * 1000) / size, 2), decodeMicrosEach: round((read * 1000) / size, 2) })
}

/** What background work costs: hot records of many checks to blocks, then a day's windows to rollups. */
async function chores(): Promise<void> {
  const [checks, runs] = [300, 240]
  const now = { at: 1_800_000_000_000 }
  const directory = await mkdtemp(join(flags.directory, 'vedette-bench-'))
  await using store = await openEmbedded({ directory, clock: { ...systemClock, now: () => now.at }, log: systemLog('error') })
  const rounds: number[] = []
  for (let part = 0; part < runs; part += 60) {
    for (let run = part; run < part + 60; run++) await store.observations.append(Array.from({ length: checks }, (_, check) => httpObservation(check, 'mzdfw', run, 60_000)))
    now.at += 3_600_000
    rounds.push(await cpuOf(() => store.tidy()))
  }
  now.at += 3_600_000
  const sealing = await cpuOf(() => store.tidy())
  print({ what: 'background', observations: checks * runs, toBlocksCpuMicrosEach: round(rounds.reduce((sum, one) => sum + one, 0) / (checks * runs)), toRollupsCpuMicrosEach: round(sealing / (checks * runs)) })
  await rm(directory, { recursive: true })
}

for (const size of [1, 25, 500]) await appends(size)
for (const linger of [0, 10, 50, 100]) await steady(500, linger)
for (const size of [32, 128]) blocks(size)
await chores()
