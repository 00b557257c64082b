import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, open, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openEmbedded } from '../../src/adapters/store-embedded/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { Acknowledged } from './acknowledged.ts'

/** How often to kill; more by the environment, for a long run by hand. */
const kills = Number(process.env.VEDETTE_KILLS ?? 10)
const root = await mkdtemp(join(tmpdir(), 'vedette-kill-'))
after(() => rm(root, { recursive: true }))
const openIn = (directory: string) => openEmbedded({ directory, clock: systemClock, log: systemLog('error') })

interface Writer { readonly child: ChildProcess; readonly opened: Promise<void>; kill(): Promise<void> }

/** Starts a writer; what it says is heard by `acknowledged`. `kill` ends it with -9 and waits for its last words. */
function startWriter(directory: string, acknowledged: Acknowledged): Writer {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), directory, String(acknowledged.next)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise: opened, resolve, reject } = Promise.withResolvers<void>()
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    if (line === 'open') resolve()
    else acknowledged.hear(line)
  })
  const closed = once(child, 'close')
  child.on('close', (code, signal) => reject(new Error(`The writer ended by itself: ${code ?? signal}`)))
  return {
    child,
    opened,
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
  }
}

test(`kill -9 at ${kills} random moments under load loses nothing acknowledged`, async () => {
  const [directory, acknowledged] = [join(root, 'killed'), new Acknowledged()]
  for (let round = 0; round < kills; round++) {
    const before = acknowledged.count
    const writer = startWriter(directory, acknowledged)
    await writer.opened
    while (acknowledged.count === before) await sleep(1)
    await sleep(Math.random() * 300)
    await writer.kill()
    await using store = await openIn(directory)
    await acknowledged.check(store)
  }
  assert.ok(acknowledged.count > kills * 20, `only ${acknowledged.count} were acknowledged`)
})

test('what was not acknowledged would be noticed: the check fails for it', async () => {
  const [directory, acknowledged] = [join(root, 'control'), new Acknowledged()]
  acknowledged.hear('observation 0 5')
  await using store = await openIn(directory)
  await assert.rejects(acknowledged.check(store), /lost by writer 0/)
})

test('a directory that another process has open is refused, with its pid, and free again after kill -9', async () => {
  const directory = join(root, 'locked')
  const writer = startWriter(directory, new Acknowledged())
  await writer.opened
  await assert.rejects(openIn(directory), new RegExp(`is in use by another process \\(pid ${writer.child.pid}\\)`))
  await writer.kill()
  await using store = await openIn(directory)
  assert.ok(store)
})

test('a log that was cut off anywhere, or ends in rubbish, leaves a readable store that is a prefix of what was written', async () => {
  const [directory, acknowledged] = [join(root, 'torn'), new Acknowledged()]
  const writer = startWriter(directory, acknowledged)
  await writer.opened
  // Few enough commits that nothing has left the log yet: a checkpoint only ever moves what was synced before.
  while (acknowledged.count < 40) await sleep(1)
  await writer.kill()
  const { size } = await stat(join(directory, 'vedette.db-wal'))
  assert.ok(size < 4 * 2 ** 20, `the log of ${size} bytes may have been moved in part`)
  for (let round = 0; round < 12; round++) {
    const image = join(root, `torn-${round}`)
    await mkdir(image)
    for (const file of ['vedette.db', 'vedette.db-wal']) await copyFile(join(directory, file), join(image, file))
    await tear(join(image, 'vedette.db-wal'), Math.floor((size * (round + Math.random())) / 12), round % 3 === 0)
    await using store = await openIn(image)
    for (const check of ['ch0', 'ch1', 'ch2']) {
      const sequences = (await Array.fromAsync(store.observations.range(check, 'mzdfw', 0, Infinity))).map(({ sequence }) => sequence)
      assert.deepEqual(sequences, [...sequences.keys()])
    }
    for (const alarm of ['al1', 'al2']) {
      const entries = await store.ledger.entries({ tenant: '100000', entity: 'en1', alarm }, 0, 1e6)
      assert.deepEqual(entries.map(({ version }) => version), entries.map((_, i) => i + 1))
    }
  }
})

/** Cuts a file off, or fills the rest of it with what might have been there before. */
async function tear(file: string, at: number, rubbish: boolean): Promise<void> {
  const rest = (await readFile(file)).subarray(at)
  await using handle = await open(file, 'r+')
  if (rubbish) await handle.write(Buffer.from(rest).fill(0x5a), 0, rest.length, at)
  else await handle.truncate(at)
}
