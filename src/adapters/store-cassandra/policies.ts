import { policies, types, type Client, type EmptyCallback, type ExecutionOptions, type Host, type HostMap } from 'cassandra-driver'

type PlanCallback = (error: Error, iterator: Iterator<Host>) => void

/**
 * Replicas in our own region first, in turns, then what else is there, then all other regions: with one node a region, losing
 * that node must not be losing the store. The driver's own policy never leaves its data centre; and its way to replicas holds
 * on to objects that it has replaced, after all nodes were out of reach.
 */
export class PreferRegion extends policies.loadBalancing.LoadBalancingPolicy {
  readonly #region: string
  #client: Client | undefined
  #hosts: HostMap | undefined
  #turn = 0

  constructor(region: string) {
    super()
    this.#region = region
  }

  override init(client: Client, hosts: HostMap, callback: EmptyCallback): void {
    this.#client = client
    this.#hosts = hosts
    // Nothing failed: the driver looks at undefined, and its types do not say so.
    callback(undefined as unknown as Error)
  }

  override getDistance(host: Host): types.distance {
    return host.datacenter === this.#region ? types.distance.local : types.distance.remote
  }

  override newQueryPlan(keyspace: string, options: ExecutionOptions | null, callback: PlanCallback): void {
    const hosts = this.#hosts?.values() ?? []
    const replicas = this.#replicas(keyspace, options)
    const rank = (host: Host) => (host.datacenter === this.#region ? 0 : 2) + (replicas.has(host.address) ? 0 : 1)
    this.#turn = (this.#turn + 1) % 1_000_000
    const ranked = this.#rotated(hosts).toSorted((a, b) => rank(a) - rank(b))
    // Nothing failed: see `init`.
    callback(null as unknown as Error, ranked[Symbol.iterator]())
  }

  override getOptions(): Map<string, object> {
    return new Map()
  }

  /** Addresses of those that keep what the statement is about; none when the driver cannot tell. */
  #replicas(keyspace: string, options: ExecutionOptions | null): ReadonlySet<string> {
    // The driver makes one buffer of the parts of a key.
    const key = options?.getRoutingKey() as Buffer | undefined | null
    const found = key === undefined || key === null ? null : this.#client?.getReplicas(keyspace, key)
    return new Set(found?.map((host) => host.address))
  }

  #rotated(hosts: readonly Host[]): readonly Host[] {
    const at = hosts.length === 0 ? 0 : this.#turn % hosts.length
    return [...hosts.slice(at), ...hosts.slice(0, at)]
  }
}

/**
 * Another node is asked when one could not have done it. A conditional write goes to another node only when its first round
 * found too few replicas (level SERIAL): told so later, at the level of its commit, it may have been accepted already.
 */
export class CarefulRetry extends policies.retry.RetryPolicy {
  override onUnavailable(info: policies.retry.OperationInfo, consistency: types.consistencies, required: number, alive: boolean): policies.retry.DecisionInfo {
    const conditional = info.executionOptions.getSerialConsistency() !== undefined
    if (conditional && consistency !== types.consistencies.serial) return this.rethrowResult()
    return super.onUnavailable(info, consistency, required, alive)
  }
}
