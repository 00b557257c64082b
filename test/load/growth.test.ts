import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const child = fileURLToPath(new URL('growth-child.ts', import.meta.url))

/** Bytes of heap that each observation leaves behind, between the second and the last third of the run. */
async function growth(total: number, mode: string): Promise<number> {
  const { stdout } = await run(process.execPath, ['--expose-gc', child, String(total), mode], { maxBuffer: 2 ** 24 })
  const { samples }: { samples: number[] } = JSON.parse(stdout)
  const [, before = Number.NaN, after = Number.NaN] = samples
  return (after - before) / (total * 0.3)
}

/** Caches that fill and blocks in the making are worth some bytes an observation; the observation itself more than a kilobyte. */
const allowed = 40

test('100,000 observations leave nothing behind in the heap', async () => {
  const bytes = await growth(100_000, '')
  assert.ok(bytes < allowed, `${bytes.toFixed(1)} bytes an observation are retained`)
})

test('a leak of the observations is noticed', async () => {
  const bytes = await growth(20_000, 'leak')
  assert.ok(bytes > allowed, `${bytes.toFixed(1)} bytes an observation are retained`)
})
