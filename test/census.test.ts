import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { census, censusPage, codeOf, count, kinds, misplaced, pageOf, rings } from '../scripts/census.ts'

test('every kind of flow control stands only where it may', async () => {
  assert.deepEqual(misplaced(await census()), [])
})

test('the committed page is what the code is', async () => {
  assert.equal(await readFile(censusPage, 'utf8'), pageOf(await census()), 'run: npm run census -- --page')
})

/** A line of each kind, in the order of the kinds. */
const samples: readonly string[] = [
  'await work()', 'await using lease = take()', 'async function* rows() {}', 'Promise.race([a, b])', 'new PQueue({ concurrency: 1 })', 'new Wake()',
  'signal.addEventListener(abort, stop)', 'Promise.withResolvers<void>()', 'socket.on(data, take)', 'setTimeout(tick, 1)', 'read().catch(forget)',
  'read().then(write)', 'setInterval(tick, 1)', 'queueMicrotask(tick)', 'class Bus extends EventEmitter {}',
]

test('each kind is found by its pattern, and by no other\'s', () => {
  for (const [index, sample] of samples.entries()) {
    const found = count((ring) => (ring === 'core' ? sample : '')).filter((one) => one.found.core > 0).map((one) => one.kind.name)
    assert.deepEqual(found, [kinds[index]?.name], sample)
  }
  assert.equal(samples.length, kinds.length)
})

test('what stands in a ring where it may not is told', () => {
  for (const [index, kind] of kinds.entries()) {
    const told = misplaced(count(() => samples[index] ?? '')).filter((line) => line.startsWith(`${kind.name} in `))
    assert.deepEqual(told, rings.filter((ring) => !kind.where.includes(ring)).map((ring) => `${kind.name} in ${ring}: 1`))
  }
  assert.ok(kinds.some((kind) => kind.where.length === 0) && kinds.some((kind) => kind.where.length > 0))
})

test('comments and strings are no code', () => {
  const source = ['// await nothing', '/* setInterval( */ const a = \'new Promise\'', 'const b = "queueMicrotask" // .then(', 'await b'].join('\n')
  assert.deepEqual(count(() => source).filter((one) => one.found.flows > 0).map((one) => one.kind.name), ['`await`'])
  assert.match(codeOf('fetch(\'https://example.com/await\') // x\nnext'), /^fetch\( \) +\nnext$/)
})
