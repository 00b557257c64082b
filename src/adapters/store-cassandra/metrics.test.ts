import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { suiteStart } from '../../contracts/define.suite.ts'
import { resolutions, type Resolution } from '../../contracts/metric-store.ts'
import { anObservation } from '../../contracts/samples.suite.ts'
import type { Observation } from '../../core/observation.ts'
import { withoutCassandra } from '../../../scripts/lab/cassandra.ts'
import { recordingLog } from '../simulated/log.ts'
import { systemClock } from '../system/clock.ts'
import { openLab, type Lab } from './configuration-lab.suite.ts'
import { metricStore } from './metrics.ts'
import { observationStore } from './observations.ts'
import { levels, type RollupRow } from './rollups-row.ts'
import { RollupTables } from './rollups-table.ts'
import { defaultSettings } from './settings.ts'

const options = { skip: await withoutCassandra() }
let shared: Promise<Lab> | undefined
after(async () => { await (await shared)?.[Symbol.asyncDispose]() })

/** Later than the clock of the database: marks of others are old here, so their writers are dead. */
const start = suiteStart + 4000 * 86_400_000
const minute = 60_000
const period = 30_000
const key = { check: 'ch1', zone: 'mzdfw' }
const series = { ...key, metric: 'duration' }
const every = { from: 0, to: Number.MAX_SAFE_INTEGER }
const seen = (offset: number, value = offset / 1000 % 97): Observation => anObservation(offset, { at: start + offset, slot: start + offset, metrics: { duration: { type: 'n', value, unit: 'ms' } } })

/** Processes on one empty keyspace, and the time of day, which all of them and the store agree on. */
async function world() {
  const lab = await (shared ??= openLab())
  await lab.empty('series', 'observation', 'observation_day', 'rollup_mark', ...levels.map(({ table }) => table))
  const time = { at: start, now: async () => time.at }
  const clock = { ...systemClock, now: () => time.at }
  const all: Observation[] = []
  const process = () => {
    const observations = observationStore(lab.session, clock, defaultSettings)
    const metrics = metricStore(lab.session, observations, { time, clock, log: recordingLog(), observationRetention: defaultSettings.observationRetention })
    return {
      metrics,
      async take(...some: Observation[]) {
        await observations.append(some)
        await metrics.noted(some)
        all.push(...some)
      },
      /** lives from one offset to another, and takes in a run of the check each period */
      async live(from: number, to: number, every = period) {
        for (let offset = from; offset < to; offset += every) {
          time.at = start + offset + 400
          await this.take(seen(offset))
          if (offset % (10 * minute) === 0) await metrics.tidy()
        }
      },
      [Symbol.asyncDispose]: () => metrics[Symbol.asyncDispose](),
    }
  }
  const tables = new RollupTables(lab.session)
  const written = async (index: number): Promise<readonly RollupRow[]> => tables.read(levels[index]!, key, { from: start - 86_400_000, to: start + 86_400_000 })
  return { lab, time, all, process, tables, written }
}

/** Counts and sums of each bucket of what was taken in, the plainest way. */
function atOnce(all: readonly Observation[], length: number): [at: number, count: number, sum: number][] {
  const buckets = Map.groupBy(all, ({ at }) => Math.floor(at / length) * length)
  return [...buckets].sort(([a], [b]) => a - b).map(([at, inside]) => [at, inside.length, Math.round(inside.reduce((sum, one) => sum + Number(one.metrics.duration?.value), 0))])
}

async function assertRight({ all, process }: Awaited<ReturnType<typeof world>>): Promise<void> {
  await using reader = process()
  for (const [resolution, length] of Object.entries(resolutions) as [Resolution, number][]) {
    if (resolution === 'FULL') continue
    const points = await Array.fromAsync(reader.metrics.read(series, start - 86_400_000, start + 2 * 86_400_000, resolution))
    assert.deepEqual(points.map(({ at, count, average }) => [at, count, Math.round(count * average)]), atOnce(all, length), resolution)
  }
}

test('rollups are right at every moment, and cost few statements an observation', options, async () => {
  const here = await world()
  await using node = here.process()
  await node.live(0, 300 * minute)
  await assertRight(here)
  const [before, taken] = [here.lab.session.remote.statements, here.all.length]
  await node.live(300 * minute, 540 * minute)
  // Each call stored its one observation with one statement.
  const spent = (here.lab.session.remote.statements - before) / (here.all.length - taken) - 1
  assert.ok(spent <= 0.3, `${spent} statements an observation`)
  await assertRight(here)
  assert.deepEqual((await here.written(0)).length, 105)
  assert.deepEqual((await here.written(3)).map(({ at, seen: count }) => [at, count]), [[start, 480], [start + 240 * minute, 480]])
})

test('what a dead process left is rolled up by the next one', options, async () => {
  const here = await world()
  {
    await using dead = here.process()
    await dead.live(0, 22 * minute)
  }
  await using node = here.process()
  await node.live(47 * minute, 75 * minute)
  const rows = await here.written(0)
  assert.deepEqual(rows.map(({ at }) => (at - start) / minute), [0, 5, 10, 15, 20, 45, 50, 55, 60])
  assert.equal(rows.find(({ at }) => at === start + 45 * minute)?.since, start + 25 * minute, 'and it says that there is nothing in between')
  assert.deepEqual((await here.written(1)).map(({ at }) => (at - start) / minute), [0, 20, 40])
  await assertRight(here)
})

test('a check that runs seldom is not looked for between its runs', options, async () => {
  const here = await world()
  await using node = here.process()
  await node.live(0, 600 * minute, 30 * minute)
  const before = here.lab.session.remote.statements
  const points = await Array.fromAsync(node.metrics.read(series, start, start + 560 * minute, 'MIN5'))
  assert.equal(points.length, 19)
  assert.ok(here.lab.session.remote.statements - before <= 5, `${here.lab.session.remote.statements - before} statements`)
  await assertRight(here)
})

test('a late observation is in every rollup as soon as it is acknowledged, whoever took it in and whoever died after it', options, async () => {
  const here = await world()
  await using node = here.process()
  await node.live(0, 130 * minute)
  {
    await using dead = here.process()
    await dead.take(seen(3 * minute + 7, 500), seen(3 * minute + 8, 600), seen(42 * minute + 7, 700))
    await assertRight(here)
  }
  assert.equal((await here.tables.marks(key, every)).length, 2)
  await node.live(130 * minute, 170 * minute)
  await node.take(seen(101 * minute + 7, 800))
  await assertRight(here)
  await using next = here.process()
  await next.take(seen(190 * minute))
  here.time.at += 20 * minute
  await Promise.all([next.metrics.tidy(), node.metrics.tidy()])
  assert.deepEqual([(await here.written(0)).find(({ at, seen: count }) => at === start && count === 12) !== undefined, (await here.written(2)).some(({ seen: count }) => count === 123)], [true, true])
  assert.deepEqual(await here.tables.marks(key, every), [])
  await assertRight(here)
})

test('of two rollups of a bucket the one that has seen more counts, in whatever order they were written', options, async () => {
  const here = await world()
  await using node = here.process()
  await node.live(0, 30 * minute)
  const [first] = await here.written(0)
  assert.ok(first !== undefined)
  await here.tables.write(levels[0]!, key, [{ ...first, seen: first.seen - 1, metrics: new Map() }])
  await assertRight(here)
})

test('the metrics of a check are noted when they are new, not each time', options, async () => {
  const here = await world()
  await using node = here.process()
  await node.take(seen(0), { ...seen(1), metrics: {} })
  const before = here.lab.session.remote.statements
  for (let offset = 2; offset < 20; offset += 1) await node.take(offset % 2 === 0 ? seen(offset) : { ...seen(offset), metrics: {} })
  assert.equal(here.lab.session.remote.statements - before, 18)
  await node.take({ ...seen(30), metrics: { duration: { type: 'n', value: 1, unit: 's' } } })
  assert.deepEqual(await node.metrics.series('ch1'), [{ zone: 'mzdfw', metric: 'duration', type: 'n', unit: 's' }])
})
