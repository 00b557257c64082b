import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const child = fileURLToPath(new URL('block-child.ts', import.meta.url))

async function longestBlock(seconds: number, mode: string): Promise<number> {
  const { stdout } = await run(process.execPath, [child, String(seconds), mode])
  const { longest }: { longest: number } = JSON.parse(stdout)
  return longest
}

test('nothing blocks the event loop for 50 ms under load', async () => {
  const longest = await longestBlock(8, '')
  assert.ok(longest < 50, `the event loop was blocked for ${longest.toFixed(1)} ms`)
})

test('a block is noticed', async () => {
  const longest = await longestBlock(2, 'block')
  assert.ok(longest >= 50, `a block of 80 ms was taken for ${longest.toFixed(1)} ms`)
})
