import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadKey, openSecretBox } from './secret-box.ts'

const box = openSecretBox(new Uint8Array(32).fill(1))

test('what is sealed opens to itself, and two seals of one text differ', () => {
  for (const text of ['', 'hunter2', 'ü😀', 'x'.repeat(10_000)]) {
    const sealed = box.seal(text)
    assert.equal(box.open(sealed), text)
    assert.notEqual(box.seal(text), sealed)
    assert.ok(box.isSealed(sealed) && !box.isSealed(text) && (text === '' || !sealed.includes(text)))
  }
})

test('a changed, cut or foreign seal does not open', () => {
  const sealed = box.seal('hunter2')
  const bytes = Buffer.from(sealed.slice('sealed:v1:'.length), 'base64')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => box.open(`sealed:v1:${changed.toString('base64')}`), `byte ${at}`)
    assert.throws(() => box.open(`sealed:v1:${bytes.subarray(0, at).toString('base64')}`), `cut at ${at}`)
  }
  assert.throws(() => openSecretBox(new Uint8Array(32).fill(2)).open(sealed))
  assert.throws(() => box.open('hunter2'))
})

test('a directory has one key, for its owner alone, which stays', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vedette-key-'))
  try {
    const [one, two] = await Promise.all([loadKey(directory), loadKey(directory)])
    assert.deepEqual([one.length, await loadKey(directory)], [32, one])
    assert.deepEqual(two, one)
    assert.equal((await stat(join(directory, 'secret.key'))).mode & 0o777, 0o600)
    await writeFile(join(directory, 'secret.key'), 'short')
    await assert.rejects(loadKey(directory), /holds no key/)
  } finally {
    await rm(directory, { recursive: true })
  }
})
