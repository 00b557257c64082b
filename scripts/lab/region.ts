import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { apiClient, type ApiClient } from './client.ts'
import type { CassandraCluster } from './cassandra.ts'
import type { Networks } from './networks.ts'
import { dyingWithUs, LabProcess } from './process.ts'
import { bareEnvironment, labToken, readiness, vedetteCommand } from './vedette.ts'

/** What all processes of a cluster are told alike. */
export interface ClusterPlan {
  readonly cluster: CassandraCluster
  readonly networks: Networks
  readonly directory: string
  readonly keyspace: string
  readonly zones: readonly string[]
  /** the roles of each process of a region: the first one has the api, and one of them is the endpoint */
  readonly layout: readonly string[]
  /** certificate and key of region n's endpoint, as paths without `.pem` and `.key` */
  readonly certificate: (region: number) => string
  readonly nodeFlags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export const agentPort = 50_041
export const pollerToken = 'lab-poller-token-0123456789'
const firstPort = 8000
/** ms: all regions at once on few cores */
const patience = 180_000

/** One region: a Cassandra node and some Vedette processes beside it, which come and go together. */
export class Region {
  readonly number: number
  readonly name: string
  readonly address: string
  readonly api: ApiClient
  readonly processes: readonly LabProcess[]
  /** the program that a start runs: another one after an upgrade */
  program = vedetteCommand
  readonly #plan: ClusterPlan

  constructor(number: number, plan: ClusterPlan) {
    this.number = number
    this.name = `dc${number}`
    this.address = `${plan.networks.net}.${number}`
    this.api = apiClient(`${this.#url(0)}/v1.0/100000`, labToken)
    this.#plan = plan
    this.processes = plan.layout.map((roles, index) => new LabProcess({ command: () => this.#command(index, roles), env: this.#env() }))
  }

  /** the process that pollers talk to */
  get endpoint(): LabProcess {
    return this.#at(this.#plan.layout.findIndex((roles) => roles.split(',').includes('endpoint')))
  }

  get log(): string {
    return this.processes.map((process) => process.log).join('')
  }

  /** Starts the Vedette processes; resolves when each is ready. */
  async start(): Promise<void> {
    await Promise.all(this.processes.map((_, index) => this.startOne(index)))
  }

  async startOne(index: number): Promise<void> {
    await this.#at(index).start()
    await readiness(this.#at(index), this.#url(index), patience)
  }

  /** Stops one in an orderly way. */
  async stopOne(index: number): Promise<void> {
    await this.#at(index).end('SIGTERM')
  }

  /** A truck: the database and all processes die at once; with the disks, if wanted. */
  async kill({ disks = false } = {}): Promise<void> {
    const { cluster } = this.#plan
    await Promise.all([disks ? cluster.lose(this.number) : cluster.kill(this.number), ...this.processes.map((process) => process.end('SIGKILL'))])
    if (disks) await Promise.all(this.processes.map((_, index) => rm(this.#data(index), { recursive: true, force: true })))
  }

  /** Everything is started again, at once. */
  async revive(): Promise<void> {
    await Promise.all([this.#plan.cluster.startNode(this.number), this.start()])
  }

  #at(index: number): LabProcess {
    const found = this.processes[index]
    if (found === undefined) throw new Error(`${this.name} has no process ${index + 1}`)
    return found
  }

  #url(index: number): string {
    return `http://${this.address}:${firstPort + index}`
  }

  #data(index: number): string {
    return join(this.#plan.directory, `${this.name}-${index + 1}`)
  }

  #command(index: number, roles: string): readonly string[] {
    const { cluster, networks, keyspace, zones, certificate, nodeFlags } = this.#plan
    const hosts = cluster.contactPoints.toSorted((a, b) => Number(b === this.address) - Number(a === this.address))
    return [
      ...networks.within(this.number), ...dyingWithUs, process.execPath, ...nodeFlags, this.program, 'start', '--host', this.address, '--port', String(firstPort + index), '--data', this.#data(index),
      '--store', `cassandra://${hosts.join()}:${cluster.port}/${keyspace}`, '--region', this.name, '--roles', roles, '--node', `${this.name}-${index + 1}`, '--zones', zones.join(),
      ...(roles.split(',').includes('endpoint') ? ['--agent-port', String(agentPort), '--agent-cert', `${certificate(this.number)}.pem`, '--agent-key', `${certificate(this.number)}.key`] : []),
    ]
  }

  #env(): NodeJS.ProcessEnv {
    const replication = this.#plan.cluster.contactPoints.map((_, index) => `dc${index + 1}=1`).join()
    return {
      ...bareEnvironment(), VEDETTE_ADMIN_TOKEN: labToken, VEDETTE_POLLER_TOKEN: pollerToken, VEDETTE_SECRET_KEY: '5e'.repeat(32), VEDETTE_STORE_REPLICATION: replication,
      VEDETTE_WATCH_SELF: 'no', VEDETTE_LOG_LEVEL: 'info', ...this.#plan.env,
    }
  }
}
