import type { EndpointState } from '../adapters/agent-protocol/index.ts'
import type { LoopLag } from '../contracts/loop-lag.ts'
import type { PollerStats } from '../roles/poller/start-poller.ts'
import type { Family } from '../roles/status/exposition.ts'
import { familyTable, type Moment } from './metric-families.ts'
import { zoneProblems } from './self-report.ts'

/** What a poller in a process of its own is made of. */
export interface PollerParts { readonly poller: PollerStats; readonly endpoints: readonly EndpointState[]; readonly loopLag: LoopLag }

/** What is wrong now, in words; empty when the poller does all of its work. */
export function pollerProblems({ poller, endpoints }: PollerParts): readonly string[] {
  const isAlone = endpoints.every((endpoint) => !endpoint.connected)
  return [
    ...(isAlone ? [`no endpoint is connected: ${endpoints.map(({ name, problem = '' }) => `${name}: ${problem}`).join('; ')}`] : []),
    ...zoneProblems(poller),
  ]
}

/** Families that tell of a zone's poller or of the process: the others are of endpoints and stores. */
const ofProcess: ReadonlySet<string> = new Set(['vedette_event_loop_lag_milliseconds', 'vedette_process_resident_bytes', 'vedette_process_cpu_seconds_total'])
const ofPoller = familyTable.filter(({ name, labels }) => labels.includes('zone') || ofProcess.has(name))

/** Everything that a poller's /metrics shows. */
export function pollerFamilies({ poller, endpoints, loopLag }: PollerParts): readonly Family[] {
  const { user, system } = process.cpuUsage()
  const known: Pick<Moment, 'zones' | 'loopLag' | 'process'> = { zones: [poller], loopLag, process: { cpu: (user + system) / 1e6, memory: process.memoryUsage.rss() } }
  // The families chosen above read no more of a moment than this.
  const moment = known as Moment
  return [...ofPoller.map(({ name, help, type, read }) => ({ name, help, type, samples: read(moment) })), ...endpointFamilies(endpoints)]
}

function endpointFamilies(endpoints: readonly EndpointState[]): readonly Family[] {
  const family = (name: string, help: string, type: Family['type'], value: (endpoint: EndpointState) => number): Family =>
    ({ name: `vedette_endpoint_${name}`, help, type, samples: endpoints.map((endpoint) => ({ labels: { endpoint: endpoint.name }, value: value(endpoint) })) })
  return [
    family('connected', '1 while the connection to an endpoint stands', 'gauge', ({ connected }) => (connected ? 1 : 0)),
    family('preferred', '1 for the endpoint that observations are sent to', 'gauge', ({ preferred }) => (preferred ? 1 : 0)),
    family('latency_seconds', 'how long a heartbeat takes there and back, smoothed', 'gauge', ({ latency }) => latency / 1000),
    family('connections_total', 'connections that were made to an endpoint', 'counter', ({ connections }) => connections),
  ]
}
