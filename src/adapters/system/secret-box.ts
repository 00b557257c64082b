import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { link, open, readFile, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SecretBox } from '../../contracts/secret-box.ts'

const mark = 'sealed:v1:'
const nonceBytes = 12
const tagBytes = 16

/** Seals with AES-256-GCM: `sealed:v1:` and base64 of nonce, tag and cipher text. The key has 32 bytes. */
export function openSecretBox(key: Uint8Array): SecretBox {
  if (key.length !== 32) throw new RangeError('The key of a secret box has 32 bytes')
  return {
    seal(plain) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return mark + Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
    },
    open(sealed) {
      if (!sealed.startsWith(mark)) throw new Error('This text is not sealed')
      const bytes = Buffer.from(sealed.slice(mark.length), 'base64')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8')
    },
    isSealed: (text) => text.startsWith(mark),
  }
}

/** The key of a data directory, from its file `secret.key` (64 hex digits, for the owner alone); made when there is none. */
export async function loadKey(directory: string): Promise<Uint8Array> {
  const path = join(directory, 'secret.key')
  try {
    return keyOf(await readFile(path, 'utf8'), path)
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error
  }
  await writeKey(path, randomBytes(32).toString('hex'))
  return keyOf(await readFile(path, 'utf8'), path)
}

/** Whole and durable before it has its name; a file that another process made first is left alone. */
async function writeKey(path: string, hex: string): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, `${hex}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    await link(draft, path)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    await unlink(draft)
  }
  await using directory = await open(dirname(path), 'r')
  await directory.sync()
}

function keyOf(text: string, path: string): Uint8Array {
  if (!/^[0-9a-fA-F]{64}\s*$/.test(text)) throw new Error(`${path} holds no key: 64 hex digits are expected`)
  return Buffer.from(text.trim(), 'hex')
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
