import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { observationId } from '../../core/observation.ts'
import { anObservation } from '../../contracts/samples.suite.ts'
import { spoolSuite, type TestedSpool } from '../../contracts/spool.suite.ts'
import { simulatedClock } from '../simulated/clock.ts'
import { systemClock } from '../system/clock.ts'
import { openFileSpool } from './file-spool.ts'
import { memorySpool } from './memory-spool.ts'

const room = 64 * 1024

async function scratch(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'vedette-spool-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

spoolSuite('file', async () => {
  const directory = await scratch()
  const open = () => openFileSpool({ directory: directory.path, clock: systemClock, maxBytes: room })
  const tested: TestedSpool & AsyncDisposable & { spool: TestedSpool['spool'] } = {
    spool: await open(), room,
    async reopen() {
      await tested.spool[Symbol.asyncDispose]()
      tested.spool = await open()
    },
    pass: (ms) => systemClock.sleep(ms),
    now: () => systemClock.now(),
    async [Symbol.asyncDispose]() {
      await tested.spool[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
  return tested
})

spoolSuite('memory', async () => {
  const clock = simulatedClock()
  return { spool: memorySpool(clock, room), room, reopen: async () => {}, pass: (ms) => clock.advance(ms), now: () => clock.now(), async [Symbol.asyncDispose]() {} }
}, {
  'tells no age after a new start, whose monotonic clock is another': 'it ends with its process, so there is no new start',
})

const segmentsIn = async (path: string) => (await readdir(path)).filter((name) => name.endsWith('.spool')).toSorted().map((name) => join(path, name))

test('a tail cut at any byte costs the record that it cuts, and no other', async () => {
  await using directory = await scratch()
  const path = join(directory.path, 'one')
  {
    await using spool = await openFileSpool({ directory: path, clock: systemClock })
    await spool.append([1, 2, 3].map((n) => anObservation(n)))
  }
  const [segment] = await segmentsIn(path)
  const whole = await readFile(segment!)
  const ends = [...whole.entries()].filter(([, byte]) => byte === 10).map(([at]) => at + 1)
  for (let length = whole.length; length >= 0; length -= 7) {
    await writeFile(segment!, whole)
    await truncate(segment!, length)
    await using spool = await openFileSpool({ directory: path, clock: systemClock })
    await spool.append([anObservation(9)])
    const left = (await spool.pending(10)).map((item) => item.observation.sequence)
    assert.deepEqual(left, [...[1, 2, 3].filter((n) => ends[n - 1]! <= length), 9], `cut at ${length}`)
    await spool.acknowledge([observationId(anObservation(9))])
    for (const other of (await segmentsIn(path)).slice(1)) await rm(other)
    await rm(join(path, 'cursor'), { force: true })
  }
})

test('what was overwritten on the disk is noticed and stepped over', async () => {
  await using directory = await scratch()
  {
    await using spool = await openFileSpool({ directory: directory.path, clock: systemClock })
    await spool.append([1, 2, 3].map((n) => anObservation(n)))
  }
  const [segment] = await segmentsIn(directory.path)
  const text = await readFile(segment!, 'utf8')
  await writeFile(segment!, text.replace('"sequence":2', '"sequence":7'))
  await appendFile(segment!, 'rubbish\n')
  await using spool = await openFileSpool({ directory: directory.path, clock: systemClock })
  assert.deepEqual((await spool.pending(10)).map((item) => item.observation.sequence), [1, 3])
  await spool.acknowledge([1, 3].map((n) => observationId(anObservation(n))))
  await spool.pending(1)
  assert.deepEqual(spool.stats(), { count: 0, bytes: 0, dropped: 0, damaged: 2 })
})

test('a folder that is gone is an error, and what was kept before it is not forgotten', async () => {
  await using directory = await scratch()
  await using spool = await openFileSpool({ directory: join(directory.path, 'deep'), clock: systemClock })
  await rm(join(directory.path, 'deep'), { recursive: true })
  await assert.rejects(spool.append([anObservation(1)]))
  assert.equal(spool.stats().count, 0)
})

test('a process that is killed while it spools loses nothing that append had resolved for', async () => {
  await using directory = await scratch()
  const child = spawn(process.execPath, [fileURLToPath(new URL('spooling-child.suite.ts', import.meta.url)), directory.path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let resolved = 0
  for await (const chunk of child.stdout) {
    resolved = Number(String(chunk).trim().split('\n').at(-1))
    if (resolved > 2_000) break
  }
  child.kill('SIGKILL')
  await once(child, 'exit')
  await using spool = await openFileSpool({ directory: directory.path, clock: systemClock })
  const found = new Set((await spool.pending(1_000_000)).map((item) => item.observation.sequence))
  for (let n = 0; n < resolved; n++) assert.ok(found.has(n), `${n} of ${resolved} is lost`)
})
