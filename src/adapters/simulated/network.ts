import type { Metric } from '../../core/alarm-language/types.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { ProbedCheck, Prober, ProbeResult } from '../../contracts/prober.ts'
import type { SimulatedRandom } from './random.ts'

/** A server of the simulation, as a test plays with it. Zones see it through their own bad networks. */
export interface Target {
  readonly hostname: string
  readonly url: string
  /** its answers from now on; each zone may see another one */
  answer(code: string, zone?: string): void
  /** refuses connections, for everyone */
  down(): void
  up(): void
  /** this zone's packets get lost on the way; all others see it as before */
  vanishFor(...zones: readonly string[]): void
  comeBackFor(...zones: readonly string[]): void
  /** ms until it answers */
  latency(ms: number): void
  /** how it is now, for whoever compares what is seen with the truth */
  truth(): { readonly up: boolean; readonly latency: number; readonly code: string }
}

export interface SimulatedNetwork {
  /** a new web server; without a name it gets one */
  http(name?: string): Target
  /** everything behind this zone's uplink is lost to it, until joined again */
  cut(...zones: readonly string[]): void
  join(...zones: readonly string[]): void
  /** the share of probes whose packets get lost, per zone or for all (zone '') */
  loss(zone: string, share: number): void
  /** what a poller in `zone` sees; waits on its machine's clock */
  prober(zone: string, clock: Clock): Prober
}

interface Server {
  readonly hostname: string
  up: boolean
  latency: number
  code: string
  readonly codes: Map<string, string>
  readonly hiddenFrom: Set<string>
}

/** Web servers and the ways to them. A hostname that nobody made is not found. */
export function simulatedNetwork(random: SimulatedRandom): SimulatedNetwork {
  return new Network(random)
}

class Network implements SimulatedNetwork {
  readonly #random: SimulatedRandom
  readonly #servers = new Map<string, Server>()
  readonly #cut = new Set<string>()
  readonly #loss = new Map<string, number>()

  constructor(random: SimulatedRandom) {
    this.#random = random
  }

  http(name = `site-${this.#servers.size + 1}.example`): Target {
    const server: Server = { hostname: name, up: true, latency: 20, code: '200', codes: new Map(), hiddenFrom: new Set() }
    this.#servers.set(name, server)
    return {
      hostname: name,
      url: `http://${name}/`,
      answer(code, zone) {
        if (zone === undefined) [server.code] = [code, server.codes.clear()]
        else server.codes.set(zone, code)
      },
      down: () => { server.up = false },
      up: () => { server.up = true },
      vanishFor: (...zones) => { for (const zone of zones) server.hiddenFrom.add(zone) },
      comeBackFor: (...zones) => { for (const zone of zones) server.hiddenFrom.delete(zone) },
      latency: (ms) => { server.latency = ms },
      truth: () => server,
    }
  }

  cut(...zones: readonly string[]): void {
    for (const zone of zones) this.#cut.add(zone)
  }

  join(...zones: readonly string[]): void {
    for (const zone of zones) this.#cut.delete(zone)
  }

  loss(zone: string, share: number): void {
    this.#loss.set(zone, share)
  }

  prober(zone: string, clock: Clock): Prober {
    return { run: (_entity, check, { signal }) => this.#probe(zone, clock, check, signal) }
  }

  async #probe(zone: string, clock: Clock, check: ProbedCheck, signal: AbortSignal): Promise<ProbeResult> {
    const server = this.#servers.get(check.target_hostname ?? '')
    if (server === undefined) return failed('not found')
    const started = clock.monotonic()
    if (this.#loses(zone, server)) {
      await clock.sleep(check.timeout * 1000, signal)
      return failed('timeout')
    }
    await clock.sleep(Math.min(server.latency, check.timeout * 1000), signal)
    if (server.latency >= check.timeout * 1000) return failed('timeout')
    if (!server.up) return failed('connection refused')
    return answered(server.codes.get(zone) ?? server.code, clock.monotonic() - started)
  }

  #loses(zone: string, server: Server): boolean {
    if (this.#cut.has(zone) || server.hiddenFrom.has(zone)) return true
    const share = this.#loss.get(zone) ?? this.#loss.get('') ?? 0
    return share > 0 && this.#random.chance(share)
  }
}

function failed(status: string): ProbeResult {
  return { available: false, status, metrics: {}, target: null }
}

function answered(code: string, took: number): ProbeResult {
  const number = (value: number, unit: string): Metric => ({ type: 'I', value, unit })
  const metrics = { code: { type: 's', value: code, unit: 'unknown' }, duration: number(Math.round(took), 'milliseconds'), bytes: { type: 'i', value: 0, unit: 'bytes' } } as const
  return { available: true, status: `code=${code},rt=${(took / 1000).toFixed(3)}s,bytes=0`, metrics, target: '192.0.2.1', phases: { total: took } }
}
