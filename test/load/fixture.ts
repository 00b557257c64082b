import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import PQueue from 'p-queue'
import { openEmbedded } from '../../src/adapters/store-embedded/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemConfirmBus, systemFeed } from '../../src/adapters/system/feed.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import type { ConfigurationChange } from '../../src/contracts/configuration.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import type { Log } from '../../src/contracts/log.ts'
import type { Store } from '../../src/contracts/store.ts'
import type { Observation } from '../../src/core/observation.ts'
import { buildEngine, type Engine } from '../../src/program/engine.ts'

export const zones = ['mza', 'mzb', 'mzc'] as const
const stamps = { created_at: 0, updated_at: 0 }
const tenant = '100000'
const plan = 'npNobody00'
/** Observations start so long ago (ms), so that none of them comes out of the future. */
const aDay = 86_400_000

/** A whole node's flows on a real store, with `checks` http checks, an alarm each. */
export interface LoadedNode extends AsyncDisposable { readonly engine: Engine; readonly store: Store; observation(number: number): Observation }

/** `start`: the time (ms) of the first observation. */
export interface LoadOptions { readonly open?: (log: Log) => Promise<Store>; readonly fails?: Fails; readonly clock?: Clock; readonly start?: number }

export async function loadedNode(checks: number, { open = openInFolder, fails = oneInThousand, clock = systemClock, start = Date.now() - aDay }: LoadOptions = {}): Promise<LoadedNode> {
  // What a child prints is its result; the log goes beside it.
  const log = systemLog('warn', process.stderr)
  const store = await open(log)
  const engine = buildEngine({
    store, checkTypes: [{ type: 'remote.http', category: 'remote', consecutiveCount: 1 }], channels: [],
    // Nothing here is secret, and nothing is sent.
    secretBox: { seal: (text) => text, open: (text) => text, isSealed: () => false }, resolver: { resolve: async () => ({ kind: 'failed', detail: 'nothing is resolved here' }) },
    confirmBus: systemConfirmBus(clock), feed: systemFeed(clock), clock, random: systemRandom, log, owner: 'load',
    tenants: async () => [tenant], uptime: async (_health, from, to) => to - from, link: () => null,
  })
  await store.configuration.commit({ tenant }, [{ kind: 'notificationPlan', id: plan, expected: 0, value: { id: plan, label: 'nobody', critical_state: [], warning_state: [], ok_state: [], unknown_state: null, metadata: null, ...stamps } }])
  const making = new PQueue({ concurrency: 64 })
  await making.addAll(Array.from({ length: checks }, (_, n) => async () => {
    await store.configuration.commit({ tenant, entity: entityId(n) }, configuration(n))
    await engine.configured(tenant, entityId(n))
  }))
  return {
    engine, store, observation: (number) => observation(number, checks, start, fails),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

/** The embedded store in a folder of its own, which goes with it. */
async function openInFolder(log: Log): Promise<Store> {
  const directory = await mkdtemp(join(tmpdir(), 'vedette-load-'))
  const store = await openEmbedded({ directory, clock: systemClock, log })
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}

/** Whether a check fails in a round of all zones; `number` is that of the observation. */
export type Fails = (check: number, round: number, number: number) => boolean
const oneInThousand: Fails = (_check, _round, number) => number % 1000 === 999

const entityId = (n: number): string => `en${String(n).padStart(8, '0')}`
const checkId = (n: number): string => `ch${String(n).padStart(8, '0')}`
const alarmId = (n: number): string => `al${String(n).padStart(8, '0')}`

function configuration(n: number): readonly ConfigurationChange[] {
  const [entity, check, alarm] = [entityId(n), checkId(n), alarmId(n)]
  return [
    { kind: 'entity', id: entity, expected: 0, value: { id: entity, label: `host ${n}`, agent_id: null, ip_addresses: { here: '127.0.0.1' }, managed: false, uri: null, metadata: null, ...stamps } },
    {
      kind: 'check', id: check, expected: 0,
      value: { id: check, entity_id: entity, type: 'remote.http', label: null, details: { url: 'http://localhost/' }, disabled: false, period: 30, timeout: 10, monitoring_zones_poll: [...zones], target_alias: 'here', target_hostname: null, target_resolver: null, confirm: true, metadata: null, ...stamps },
    },
    {
      kind: 'alarm', id: alarm, expected: 0,
      value: { id: alarm, entity_id: entity, check_id: check, notification_plan_id: plan, criteria: "if (metric['code'] != '200') { return new AlarmStatus(CRITICAL, 'answers #{code}'); }", disabled: false, label: null, metadata: null, ...stamps },
    },
  ]
}

/** The n-th observation of a steady stream: every check in turn from every zone. */
function observation(number: number, checks: number, start: number, fails: Fails): Observation {
  const n = number % checks
  const zone = zones[Math.floor(number / checks) % zones.length] ?? zones[0]
  const round = Math.floor(number / (checks * zones.length))
  const at = start + round * 30_000
  const metric = (type: 'I' | 'i', value: number, unit: string) => ({ type, value, unit })
  return {
    tenant, entity: entityId(n), check: checkId(n), zone, slot: at, kind: 'scheduled', boot: 'load', sequence: number, at, receivedAt: 0, available: true,
    status: `code=200,rt=0.0${number % 90}s,bytes=612`, target: '127.0.0.1', startDelay: number % 3, lag: 0, stressed: null, trace: `load-${number}`,
    metrics: {
      code: { type: 's', value: fails(n, round, number) ? '503' : '200', unit: 'unknown' }, duration: metric('I', number % 90, 'milliseconds'), bytes: metric('i', 612, 'bytes'),
      tt_connect: metric('I', number % 7, 'milliseconds'), tt_firstbyte: metric('I', number % 50, 'milliseconds'), truncated: metric('I', 0, 'bytes'),
    },
  }
}
