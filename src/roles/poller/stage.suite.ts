import { observationId, type Observation } from '../../core/observation.ts'
import type { ScheduledCheck } from '../../contracts/configuration.ts'
import type { ProbeResult } from '../../contracts/prober.ts'
import type { ConfirmRequest, EndpointLink } from '../../contracts/transport.ts'
import { simulatedClock, type SimulatedClock } from '../../adapters/simulated/clock.ts'
import { recordingLog } from '../../adapters/simulated/log.ts'
import { simulatedRandom } from '../../adapters/simulated/random.ts'
import { memorySpool } from '../../adapters/spool/memory-spool.ts'
import { Topics } from '../../adapters/system/topics.ts'
import type { PollerDeps } from './start-poller.ts'

export const up: ProbeResult = { available: true, status: 'fine', metrics: {}, target: '127.0.0.1' }
export const down: ProbeResult = { ...up, available: false, status: 'connection refused' }
export const zones = ['mza', 'mzb', 'mzc']

export function scheduled(n: number, period = 30, timeout = 10): ScheduledCheck {
  const id = `ch${n.toString(36).padStart(8, '0')}`
  const none = { label: null, metadata: null, created_at: 0, updated_at: 0 }
  return {
    tenant: '1', version: 1,
    entity: { ...none, id: 'en1', label: 'one', agent_id: null, ip_addresses: null, managed: false, uri: null },
    check: { ...none, id, entity_id: 'en1', type: 'remote.tcp', details: {}, disabled: false, period, timeout, monitoring_zones_poll: zones, target_alias: null, target_hostname: 'a.example', target_resolver: null, confirm: true },
  }
}

/** An endpoint that takes everything and remembers it, a prober that takes `took` ms, and levers on both. */
export function stage(count: number, options: { period?: number; took?: number; clock?: SimulatedClock } = {}) {
  const clock = options.clock ?? simulatedClock()
  const node = clock.node('poller')
  const topics = new Topics<ConfirmRequest>(clock)
  const posted: Observation[] = []
  const state = {
    checks: Array.from({ length: count }, (_, n) => scheduled(n, options.period)), fresh: [] as ScheduledCheck[], removes: [] as string[],
    pollers: ['p1'], result: (_check: string): ProbeResult | Error => up, running: 0, most: 0, lag: 0,
  }
  const link: EndpointLink = {
    async post(observations) {
      posted.push(...observations)
      return observations.map(observationId)
    },
    async schedule(_zone, _poller, cursor) {
      const upserts = cursor === '' ? state.checks : state.fresh.splice(0)
      return { cursor: '1', full: cursor === '', upserts, removes: state.removes.splice(0), pollers: state.pollers }
    },
    confirmations: (zone, signal) => topics.subscribe(zone, signal),
  }
  const prober: PollerDeps['prober'] = {
    async run(_entity, check, { signal }) {
      state.most = Math.max(state.most, ++state.running)
      try {
        if (options.took !== 0) await node.sleep(options.took ?? 5, signal)
      } finally {
        state.running -= 1
      }
      const result = state.result(check.id)
      if (result instanceof Error) throw result
      return result
    },
  }
  const loopLag = { mark: () => 0, since: () => state.lag, [Symbol.dispose]() {} }
  const deps: PollerDeps = { zone: 'mza', owner: 'p1', link, prober, spool: memorySpool(node), clock: node, random: simulatedRandom(1), log: recordingLog(), loopLag }
  const ask = (request: Partial<ConfirmRequest>) => topics.publish('mza', { check: scheduled(0).check.id, slot: 7, askedBy: 'mzb', trace: 't', ...request })
  return { clock, node, state, posted, deps, ask }
}

/** Ends a poller, in virtual time. */
export async function stop(clock: SimulatedClock, poller: AsyncDisposable): Promise<void> {
  const end = async () => { await poller[Symbol.asyncDispose]() }
  await clock.run(end())
}

/** How many of `times` fall into each `width` ms. */
export function perWindow(times: readonly number[], width: number): number[] {
  const counts = new Map<number, number>()
  for (const time of times) counts.set(Math.floor(time / width), (counts.get(Math.floor(time / width)) ?? 0) + 1)
  return [...counts.values()]
}
