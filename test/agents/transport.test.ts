import { connectEndpoints, listenForAgents } from '../../src/adapters/agent-protocol/index.ts'
import { authority, certificate, until } from '../../src/adapters/agent-protocol/stage.suite.ts'
import { simulatedClock } from '../../src/adapters/simulated/clock.ts'
import { simulatedLink } from '../../src/adapters/simulated/link.ts'
import { recordingLog } from '../../src/adapters/simulated/log.ts'
import { simulatedRandom } from '../../src/adapters/simulated/random.ts'
import { openSimulatedStore } from '../../src/adapters/simulated/store/open.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { transportSuite, type TestedTransport } from '../../src/contracts/transport.suite.ts'
import type { EndpointLink } from '../../src/contracts/transport.ts'
import { endpointOn, pollerToken } from './world.ts'

const nothingToEnd = { async [Symbol.asyncDispose]() {} }

function simulatedWorld(linkTo: (endpoint: EndpointLink, clock: ReturnType<typeof simulatedClock>) => EndpointLink): TestedTransport & AsyncDisposable {
  const clock = simulatedClock()
  const store = openSimulatedStore({ clock, random: simulatedRandom(7) })
  const { link, confirmBus } = endpointOn(store, clock)
  return {
    link: linkTo(link, clock), store, now: () => clock.now(), confirm: (zone, request) => confirmBus.publish(zone, request), storeFails(fails) { store.faults.unavailable = fails },
    pass: (work) => clock.run(work), ...nothingToEnd,
  }
}

transportSuite('in one process', async () => simulatedWorld((endpoint) => endpoint))

transportSuite('simulated', async () => simulatedWorld((endpoint, clock) => {
  const { signal: gone } = new AbortController()
  return simulatedLink({ peer: () => ({ endpoint, node: clock, gone }), clock, sender: clock, random: simulatedRandom(7), faults: { delay: [1, 20] } })
}))

/** Real sockets and real time; the store alone is simulated, and its time runs by itself. */
transportSuite('agent protocol', async () => {
  await using stack = new AsyncDisposableStack()
  const store = openSimulatedStore({ clock: simulatedClock({ free: true }), random: simulatedRandom(7) })
  const { link: endpoint, confirmBus, authenticate } = endpointOn(store, systemClock)
  const common = { clock: systemClock, random: systemRandom, log: recordingLog() }
  const listener = stack.use(await listenForAgents({ ...common, host: '127.0.0.1', port: 0, certificate: () => certificate, endpoint, authenticate }))
  const ca = (await authority).cert
  const link = stack.use(connectEndpoints({ ...common, addresses: [{ host: '127.0.0.1', port: listener.port }], ca: async () => ca, token: pollerToken, zone: 'mzdfw', owner: 'p1', version: '0' }))
  await until(() => link.endpoints().every((one) => one.connected))
  const owned = stack.move()
  return {
    link, store, now: () => systemClock.now(), confirm: (zone, request) => confirmBus.publish(zone, request), storeFails(fails) { store.faults.unavailable = fails }, pass: (work) => work,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
})
