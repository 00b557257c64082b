import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { anEntity, anObservation } from '../../contracts/samples.suite.ts'
import { systemClock } from '../system/clock.ts'
import { systemLog } from '../system/log.ts'
import { restore, verifyBackup } from './backup.ts'
import { openEmbedded } from './index.ts'

const root = await mkdtemp(join(tmpdir(), 'vedette-backup-'))
after(() => rm(root, { recursive: true }))
let count = 0
const fresh = () => join(root, `${count += 1}`)
const openIn = (directory: string) => openEmbedded({ directory, clock: systemClock, log: systemLog('warn') })

test('a backup taken while the store is written to holds everything acknowledged before it, and restores', async () => {
  await using store = await openIn(fresh())
  const [copy, home] = [fresh(), fresh()]
  await store.configuration.commit({ tenant: '1', entity: 'en1' }, [{ kind: 'entity', id: 'en1', expected: 0, value: anEntity({ id: 'en1' }) }])
  const { cursor } = await store.configuration.schedule('mzdfw', '')
  await store.observations.append(Array.from({ length: 500 }, (_, i) => anObservation(i)))
  let more = true
  const writing = (async () => {
    for (let i = 500; more; i++) await store.observations.append([anObservation(i)])
  })()
  const manifest = await store.backup(copy)
  more = false
  await writing
  assert.deepEqual(await verifyBackup(copy), manifest)
  assert.deepEqual(await restore(copy, home), manifest)
  await using restored = await openIn(home)
  assert.equal((await restored.configuration.get('entity', { tenant: '1', entity: 'en1' }, 'en1'))?.version, 1)
  const observations = await Array.fromAsync(restored.observations.range('ch1', 'mzdfw', 0, Infinity))
  assert.deepEqual(observations.slice(0, 500), Array.from({ length: 500 }, (_, i) => anObservation(i)))
  assert.deepEqual(observations.map(({ sequence }) => sequence), [...observations.keys()])
  assert.equal((await restored.configuration.schedule('mzdfw', cursor)).full, true, 'a cursor of the old life gets everything')
})

test('a backup goes only to a new or empty folder, and a restore too', async () => {
  await using store = await openIn(fresh())
  const [copy, taken] = [fresh(), fresh()]
  await mkdir(taken)
  await writeFile(join(taken, 'mine.txt'), 'do not touch')
  await assert.rejects(store.backup(taken), /is not empty/)
  await store.backup(copy)
  await assert.rejects(store.backup(copy), /is not empty/)
  await assert.rejects(restore(copy, taken), /is not empty/)
  assert.equal(await readFile(join(taken, 'mine.txt'), 'utf8'), 'do not touch')
})

test('a backup that was changed, cut short or has no manifest is refused', async () => {
  await using store = await openIn(fresh())
  await assert.rejects(verifyBackup(root), /has no manifest/)
  const [longer, changed, broken] = [fresh(), fresh(), fresh()]
  for (const folder of [longer, changed, broken]) await store.backup(folder)
  await appendFile(join(longer, 'vedette.db'), 'x')
  await assert.rejects(restore(longer, fresh()), /bytes, but the manifest says/)
  await using file = await open(join(changed, 'vedette.db'), 'r+')
  await file.write(Buffer.from([255]), 0, 1, 5000)
  await assert.rejects(restore(changed, fresh()), /checksum differs/)
  await writeFile(join(broken, 'manifest.json'), '{"file": "../../etc/passwd"}')
  await assert.rejects(restore(broken, fresh()), /is no manifest/)
})
