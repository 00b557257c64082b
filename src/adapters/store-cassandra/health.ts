import type { Client, Host } from 'cassandra-driver'
import type { Clock } from '../../contracts/clock.ts'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { Log } from '../../contracts/log.ts'
import type { StoreProblem } from '../../contracts/store.ts'
import { isConditional, type Statement } from './statement.ts'

/** So many failures one after the other, without an answer between them, make the store unavailable. */
const failuresUntilUnavailable = 3

/** What goes wrong with the cluster, as far as this process has seen it while working. */
export class Health {
  readonly #client: Client
  readonly #clock: Clock
  readonly #log: Log
  /** regions of which no node answers, since when (monotonic ms) */
  readonly #lost = new Map<string, number>()
  #failures = 0
  #failing: { readonly since: number; readonly about: string } | undefined

  constructor(client: Client, clock: Clock, log: Log) {
    this.#client = client
    this.#clock = clock
    this.#log = log
    for (const change of ['hostUp', 'hostDown', 'hostAdd', 'hostRemove'] as const) client.on(change, () => this.#look())
    this.#look()
  }

  get regions(): readonly string[] {
    return [...new Set(this.#client.hosts.values().map((host) => host.datacenter))].sort()
  }

  answered(statement: Statement): void {
    if (!tellsOfQuorum(statement) || this.#failures === 0) return
    if (this.#failures >= failuresUntilUnavailable) this.#log.info({}, 'the store answers again')
    this.#failures = 0
    this.#failing = undefined
  }

  failed(statement: Statement, failure: Error): void {
    // A conditional write may fail because others want the same row: that tells nothing about the store.
    if (!(failure instanceof StoreUnavailable) || !tellsOfQuorum(statement) || (isConditional(statement) && failure.outcome === 'unknown')) return
    this.#failures += 1
    this.#failing = { since: this.#failing?.since ?? this.#clock.monotonic(), about: failure.message }
    if (this.#failures === failuresUntilUnavailable) this.#log.error({ error: failure.message }, 'the store does not answer')
  }

  problems(): readonly StoreProblem[] {
    // The driver does not tell of every change, such as of hosts that it replaced meanwhile.
    this.#look()
    const lost = [...this.#lost].map(([region, since]): StoreProblem => ({ kind: 'region', region, about: `No database node of ${region} answers`, since }))
    if (this.#failing === undefined || this.#failures < failuresUntilUnavailable) return lost
    return [{ kind: 'unavailable', ...this.#failing }, ...lost]
  }

  #look(): void {
    const hosts: readonly Host[] = this.#client.hosts.values()
    for (const region of this.regions) {
      const down = hosts.filter((host) => host.datacenter === region).every((host) => !host.isUp())
      if (!down) this.#lost.delete(region)
      else if (!this.#lost.has(region)) this.#lost.set(region, this.#clock.monotonic())
    }
  }
}

/** Statements at ONE go on where quorums are gone. */
function tellsOfQuorum({ consistency }: Statement): boolean {
  return consistency === 'QUORUM' || consistency === 'SERIAL'
}
