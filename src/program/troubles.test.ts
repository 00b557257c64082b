import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../adapters/simulated/clock.ts'
import { recordingLog } from '../adapters/simulated/log.ts'
import { StoreUnavailable } from '../contracts/errors.ts'
import type { StoreProblem, StoreStats } from '../contracts/store.ts'
import { IngestHealth } from '../flows/ingest-health.ts'
import type { PollerStats } from '../roles/poller/start-poller.ts'
import { stateOf } from './self-report.ts'
import { troublesOf, TroubleWatch, type Trouble, type TroubleParts } from './troubles.ts'

const stats: StoreStats = { commits: 0, observations: 0, failures: 0, waiting: 0, lastCommit: 0, hot: { observations: 0, bytes: 0 }, fileBytes: 0 }
const pollerStats: PollerStats = {
  zone: 'mza', boot: 'b', checks: 1, waiting: 0, confirmations: { asked: 0, repeated: 0, refused: 0 }, mine: 1, running: 0, queued: 0, realigned: 0, canariesSilent: false, lateness: { bounds: [], counts: [], sum: 0 },
  runs: { runs: 0, confirming: 0, skipped: 0, stressed: 0, faults: 0, aborted: 0 }, posts: { taken: 0, acknowledged: 0, posts: 0, failedPosts: 0, lost: 0 }, spool: { count: 0, bytes: 0, dropped: 0, damaged: 0 },
}

/** A process in which all is well, but for what is told. */
function process({ problems = [], failures = 0, lost = async () => [], clock: wrong, poller = {}, starting = false }: {
  problems?: readonly Omit<StoreProblem, 'since'>[]; failures?: number; lost?: () => Promise<readonly string[]>; clock?: string; poller?: Partial<PollerStats>; starting?: boolean
}): TroubleParts {
  const clock = simulatedClock()
  return {
    starting: () => starting,
    store: { problems: () => problems.map((problem) => ({ ...problem, since: 0 })), stats: async () => ({ ...stats, failures }) },
    engine: { health: new IngestHealth(clock), zonesLost: async () => new Set(await lost()) },
    pollers: [{ stats: () => ({ ...pollerStats, ...poller }), [Symbol.asyncDispose]: async () => {} }],
    loopLag: { mark: () => 0, since: () => 0, [Symbol.dispose]: () => {} }, clockProblem: () => wrong,
  }
}

test('each trouble is named, and only what happens elsewhere is a warning', async () => {
  const cases: readonly (readonly [parts: TroubleParts, kind: Trouble['kind'], isWarning: boolean, about: RegExp])[] = [
    [process({ starting: true }), 'starting', false, /^still starting$/],
    [process({ problems: [{ kind: 'unavailable', about: 'no quorum of the regions answers' }] }), 'store', false, /^no quorum/],
    [process({ problems: [{ kind: 'region', region: 'dc2', about: 'region dc2 does not answer' }] }), 'region', true, /^region dc2/],
    [process({ failures: 3 }), 'store', false, /^the store refuses writes$/],
    [process({ clock: 'the clock is 4 s ahead' }), 'clock', false, /4 s ahead/],
    [process({ poller: { canariesSilent: true } }), 'zone', false, /^zone mza is blind/],
    [process({ poller: { spool: { count: 5000, bytes: 1, dropped: 0, damaged: 0 } } }), 'spool', false, /^zone mza has 5000 observations in its spool$/],
    [process({ lost: async () => ['mzb'] }), 'zone', true, /^zone mzb is silent/],
  ]
  for (const [parts, kind, isWarning, about] of cases) {
    const [found, ...more] = await troublesOf(parts)
    assert.deepEqual([found?.kind, found?.isWarning, more], [kind, isWarning, []], kind)
    assert.match(found?.about ?? '', about)
    const { problems, warnings } = await stateOf(parts)
    assert.deepEqual([problems.length, warnings.length], isWarning ? [0, 1] : [1, 0])
  }
  assert.deepEqual(await troublesOf(process({})), [])
})

test('a store that does not answer is asked nothing', async () => {
  const parts = process({ problems: [{ kind: 'unavailable', about: 'no quorum' }], lost: () => assert.fail('asked') })
  assert.deepEqual((await troublesOf(parts)).map((found) => found.kind), ['store'])
  assert.deepEqual(await troublesOf(process({ lost: async () => { throw new StoreUnavailable('away', 'not done') } })), [])
})

test('a trouble is told once when it begins and once when it is over, with how long it lasted', async () => {
  const clock = simulatedClock()
  const log = recordingLog()
  const region: Trouble = { kind: 'region', of: 'dc2', about: 'region dc2 does not answer', isWarning: true }
  const spool: Trouble = { kind: 'spool', of: 'mza', about: 'zone mza has 5000 observations in its spool', isWarning: false }
  let found: readonly Trouble[] = []
  const watch = new TroubleWatch(async () => found, clock, log)
  const stop = new AbortController()
  const following = watch.follow(stop.signal)
  for (const next of [[region], [region, spool], [{ ...spool, about: 'zone mza has 6000 observations in its spool' }], []]) {
    found = next
    await clock.advance(60_000)
    assert.deepEqual(watch.current, next)
  }
  stop.abort()
  await clock.run(following)
  assert.deepEqual(log.lines.map(({ level, message }) => `${level} ${message}`), [
    'warn region dc2 does not answer', 'warn zone mza has 5000 observations in its spool', 'info over: region dc2 does not answer', 'info over: zone mza has 5000 observations in its spool',
  ])
  assert.equal(log.lines[2]?.facts.lasted, 120_000)
})
