import { policies, types, type Client, type EmptyCallback, type ExecutionOptions, type Host, type HostMap } from 'cassandra-driver'

type PlanCallback = (error: Error, iterator: Iterator<Host>) => void

/**
 * Hosts of our own region first, in turns, and then all others: with one node a region, losing that node must not be losing
 * the store. The driver's own policy never leaves its data centre.
 */
export class PreferRegion extends policies.loadBalancing.LoadBalancingPolicy {
  readonly #region: string
  #hosts: HostMap | undefined
  #turn = 0

  constructor(region: string) {
    super()
    this.#region = region
  }

  override init(client: Client, hosts: HostMap, callback: EmptyCallback): void {
    this.#hosts = hosts
    // The base class keeps what the driver's wrappers look at.
    super.init(client, hosts, callback)
  }

  override getDistance(host: Host): types.distance {
    return host.datacenter === this.#region ? types.distance.local : types.distance.remote
  }

  override newQueryPlan(_keyspace: string, _options: ExecutionOptions, callback: PlanCallback): void {
    const hosts = this.#hosts?.values() ?? []
    const near = this.#rotated(hosts.filter((host) => host.datacenter === this.#region))
    const far = this.#rotated(hosts.filter((host) => host.datacenter !== this.#region))
    this.#turn = (this.#turn + 1) % 1_000_000
    // Nothing failed: the driver looks at null, and its types do not say so.
    callback(null as unknown as Error, [...near, ...far][Symbol.iterator]())
  }

  override getOptions(): Map<string, object> {
    return new Map()
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
