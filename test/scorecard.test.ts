import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Weights, categories, categoryKeys, defaultWeights } from '../scripts/scorecard/categories.ts'
import { scorecardPage } from '../scripts/scorecard/page.ts'
import { type Tip, rank, tippingPoints } from '../scripts/scorecard/rank.ts'
import { type Platform, type Score, chosen, platforms } from '../scripts/scorecard/scores.ts'

const root = new URL('../', import.meta.url)
const hair = 1e-6

test('every platform has ten scores from 1 to 10, each with a reason of its own', () => {
  const reasons = platforms.flatMap((platform) => categoryKeys.map((key) => platform.scores[key]))
  for (const [score, reason] of reasons) {
    assert.ok(Number.isInteger(score) && score >= 1 && score <= 10, `${score}: ${reason}`)
    assert.match(reason, /^[A-Za-z].{25,}\.$/, 'a reason is a sentence')
  }
  assert.equal(categoryKeys.length, 10)
  assert.equal(new Set(reasons.map(([, reason]) => reason)).size, platforms.length * 10)
})

test('every weight says what it asks and why it is so', () => {
  for (const key of categoryKeys) {
    assert.match(categories[key].asks, /\?$/)
    assert.match(categories[key].why, categories[key].weight === 2 ? /^Double: / : /^Ordinary/)
  }
})

test('the platform that was chosen leads with the default weights', () => {
  assert.deepEqual(leaders(defaultWeights), [chosen])
})

test('decision 0002 quotes the means that the scores give', async () => {
  const decision = await readFile(new URL('docs/decisions/0002-typescript-on-node.md', root), 'utf8')
  const [first, second, third] = rank(platforms, defaultWeights).map((row) => [row.platform.name, row.mean.toFixed(2)])
  assert.equal(second?.[1], third?.[1])
  assert.ok(decision.includes(`${first?.join(' leads, ')} to ${second?.[1]} for ${second?.[0]} and ${third?.[0]}`))
})

test('two lines cross where arithmetic says', () => {
  const a = platform('a', { libraries: 5, production: 4 })
  const b = platform('b', { libraries: 4, production: 7 })
  // 3 · 5 + 0.5 · 4 = 17 against 3 · 4 + 0.5 · 7 = 15.5: a leads by 1.5.
  const points = tippingPoints([a, b], { ...nothing, libraries: 3, production: 0.5 })
  assert.deepEqual(points.find((point) => point.category === 'production'), { category: 'production', weight: 0.5, up: { weight: 1, winner: 'b' }, down: undefined })
  assert.deepEqual(points.find((point) => point.category === 'libraries'), { category: 'libraries', weight: 3, up: undefined, down: { weight: 1.5, winner: 'b' } })
  assert.deepEqual(points.find((point) => point.category === 'community'), { category: 'community', weight: 0, up: undefined, down: undefined })
})

test('where several overtake at one point, the one that gains most leads beyond it', () => {
  const a = platform('a', { libraries: 3 })
  const b = platform('b', { libraries: 2, production: 2 })
  const c = platform('c', { libraries: 1, production: 3 })
  const points = tippingPoints([a, b, c], { ...nothing, libraries: 1 })
  assert.deepEqual(points.find((point) => point.category === 'production')?.up, { weight: 1, winner: 'c' })
})

test('a tie of decimal fractions is a tie', () => {
  const a = platform('a', { production: 2 })
  const b = platform('b', { community: 2, velocity: 2 })
  const weights = { ...nothing, community: 0.1, velocity: 0.2, production: 0.3 }
  assert.notEqual(0.1 + 0.2 + 2 * 0.3, 2 * 0.1 + 2 * 0.2 + 0.3, 'floating point sees a lead here')
  assert.deepEqual(rank([b, a], weights).map((row) => [row.place, row.platform.name]), [[1, 'a'], [1, 'b']])
})

test('the winner holds up to each tipping point and has lost beyond it, for any weights', () => {
  const weight = fc.integer({ min: 0, max: 60 }).map((tenths) => tenths / 10)
  const anyWeights = fc.array(weight, { minLength: 10, maxLength: 10 })
    .filter((list) => list.some((value) => value > 0))
    .map((list) => Object.fromEntries(categoryKeys.map((key, at) => [key, list[at]])) as Weights) // ten values for ten keys
  fc.assert(fc.property(anyWeights, verifyTips), { seed: 11, numRuns: 300, examples: [[defaultWeights]] })
})

function verifyTips(weights: Weights): void {
  const winner = rank(platforms, weights)[0]?.platform.name ?? ''
  for (const { category, weight, up, down } of tippingPoints(platforms, weights)) {
    const leadersAt = (value: number): string[] => leaders({ ...weights, [category]: value })
    verify(winner, weight, up, leadersAt, 1, 1e6)
    verify(winner, weight, down, leadersAt, -1, 0)
  }
}

// Totals are straight lines: who leads now and at the end of a range leads all the way between.
function verify(winner: string, now: number, tip: Tip | undefined, leadersAt: (value: number) => string[], direction: 1 | -1, end: number): void {
  if (tip === undefined) return assert.ok(leadersAt(end).includes(winner), `${winner} should still lead at ${end}`)
  const away = direction * (tip.weight - now)
  assert.ok(away >= 0 && (direction === 1 || tip.weight > 0), `${tip.weight} lies on the wrong side of ${now}`)
  const before = leadersAt(tip.weight - direction * Math.min(hair, away))
  const after = leadersAt(tip.weight + direction * hair)
  assert.ok(before.includes(winner), `${winner} should lead just before ${tip.weight}`)
  assert.ok(after.includes(tip.winner) && !after.includes(winner), `${tip.winner} should lead, without ${winner}, just beyond ${tip.weight}`)
}

test('the committed page is what the program generates', async () => {
  assert.equal(await readFile(new URL('docs/platform-scorecard.md', root), 'utf8'), scorecardPage(), 'run: npm run scorecard -- --page')
})

test('the command prints the ranking, the scores and the tipping points of the weights it was given', async () => {
  const weights = { ...defaultWeights, performance: 3 }
  const text = await scorecard('--weight', 'performance=3', '--reasons')
  const json = await scorecard('--weight=performance=1', '--weight=performance=3', '--json')
  assert.deepEqual([text.code, json.code], [0, 0])
  assert.match(text.stdout, new RegExp(`^${leaders(weights).join(' and ')} lead`))
  for (const platform of platforms) assert.ok(text.stdout.includes(platform.scores.testability[1]))
  const told = JSON.parse(json.stdout)
  assert.deepEqual(told.weights, weights)
  assert.deepEqual(told.ranking.map((row: { platform: string }) => row.platform), rank(platforms, weights).map((row) => row.platform.name))
  assert.equal(told.tippingPoints[8].down.weight, tippingPoints(platforms, weights)[8]?.down?.weight)
})

const mistakes: [args: string[], message: RegExp][] = [
  [['--weight', 'speed=3'], /'speed'.*must be one of community, .*production/],
  [['--weight', '=3'], /Category ''/],
  [['--weight', 'performance=-1'], /'-1'.*from 0 to/],
  [['--weight', 'performance=fast'], /'fast'.*decimal number/],
  [['--weight', 'performance='], /''.*decimal number/],
  [['--weight', 'performance=NaN'], /'NaN'.*decimal number/],
  [['--weight', 'performance=Infinity'], /'Infinity'.*from 0 to/],
  [['--weight', 'performance=1000001'], /'1000001'.*from 0 to/],
  [['--weight', 'performance'], /'performance'.*category=number/],
  [categoryKeys.flatMap((key) => ['--weight', `${key}=0`]), /at least one must be above 0/],
  [['--weight'], /argument missing/],
  [['--page', '--weight', 'performance=3'], /--page stands alone/],
  [['--colour'], /unknown option '--colour'/],
  [['performance=3'], /too many arguments/],
]

for (const [args, message] of mistakes) {
  test(`refused with exit code 2: ${args.slice(0, 3).join(' ')}`, async () => {
    const { code, stdout, stderr } = await scorecard(...args)
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
    assert.match(stderr, message)
  })
}

function leaders(weights: Weights): string[] {
  return rank(platforms, weights).filter((row) => row.place === 1).map((row) => row.platform.name)
}

const nothing = Object.fromEntries(categoryKeys.map((key) => [key, 0])) as Weights // fromEntries forgets the keys it was given

function platform(name: string, scores: Partial<Record<keyof Weights, Score>>): Platform {
  const all = categoryKeys.map((key) => [key, [scores[key] ?? 1, 'Because the test says so.']])
  return { name, scores: Object.fromEntries(all) as Platform['scores'] } // likewise
}

function scorecard(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/scorecard.ts', ...args], { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}
