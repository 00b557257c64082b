import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expected, extra, gaps, missed, type Entry, type Recorded } from '../../scripts/lab/region-judge.ts'
import type { Known, Truth } from '../../scripts/lab/target-field.ts'

/** `O0 C100` means: OK from 0 s on, CRITICAL from 100 s on. */
const words: Readonly<Record<string, Known | 'UNKNOWN'>> = { O: 'OK', W: 'WARNING', C: 'CRITICAL', U: 'UNKNOWN' }
const parse = (text: string) => text.split(' ').map((word) => ({ state: words[word[0] ?? ''] ?? 'OK', at: Number(word.slice(1)) * 1000 }))
const spans = { least: 18_000, lag: 23_000, until: 1_000_000 }

function recorded(truth: string, entries: string): Recorded {
  const told = parse(entries)
  return {
    target: 1, alarm: 'al',
    truths: parse(truth).map(({ state, at }): Truth => ({ at, state: state === 'UNKNOWN' ? 'OK' : state, mood: state === 'OK' ? 'well' : 'broken' })),
    entries: told.map(({ state, at }, index): Entry => ({ kind: 'state', at, version: index + 1, state, previousState: told[index - 1]?.state ?? 'UNKNOWN', reason: '' })),
  }
}

const cases: readonly (readonly [about: string, truth: string, entries: string, missed: number, extra: number])[] = [
  ['all is recorded', 'O0 C100 O200', 'O5 C104 O203', 0, 0],
  ['an outage that nobody recorded', 'O0 C100 O200', 'O5', 1, 0],
  ['one that was recorded after its end, and soon', 'O0 C100 O200', 'O5 C210 O212', 0, 0],
  ['one that was recorded too late', 'O0 C100 O200', 'O5 C240 O241', 1, 1],
  ['a recovery that nobody recorded', 'O0 C100 O200', 'O5 C104', 1, 0],
  ['an outage that was too short to be expected', 'O0 C100 O110', 'O5', 0, 0],
  ['a page about nothing', 'O0', 'O5 C50 O60', 0, 1],
  ['the wrong state', 'O0 W100', 'O5 C104', 1, 1],
  ['UNKNOWN neither counts as a change nor hides one', 'O0 C100 O200', 'O5 U90 C104 U150 C160 O203', 0, 0],
  ['the state before UNKNOWN goes on to count', 'O0 C100 O200', 'O5 C104 U190 O205', 0, 0],
  ['OK out of blindness', 'O0 C100', 'O5 C104 U150 O180', 0, 1],
]

for (const [about, truth, entries, misses, extras] of cases) {
  test(`judging: ${about}`, () => {
    const one = recorded(truth, entries)
    assert.deepEqual({ missed: missed(one, spans).length, extra: extra(one, spans).length }, { missed: misses, extra: extras })
  })
}

test('judging: the first state is no change, and the last one lasts until the end', () => {
  assert.deepEqual(expected(recorded('O0 C100', 'O5'), spans).map(({ state, end }) => ({ state, end })), [{ state: 'CRITICAL', end: 1_000_000 }])
  assert.equal(expected(recorded('O0 C990', 'O5'), spans).length, 0)
})

test('judging: versions that are left out are counted', () => {
  const versions = (...all: readonly number[]) => all.map((version): Entry => ({ kind: 'state', at: 0, version, state: 'OK', previousState: 'OK', reason: '' }))
  assert.deepEqual([gaps([]), gaps(versions(1, 2, 3)), gaps(versions(1, 4)), gaps(versions(2))], [0, 0, 2, 1])
})
