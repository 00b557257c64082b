import { isIP } from 'node:net'
import type { CheckType, Resolved, Resolver } from '../../contracts/check-type.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { ProbedCheck, Prober, ProbeOptions, ProbeResult } from '../../contracts/prober.ts'
import type { Random } from '../../contracts/random.ts'
import { systemRandom } from './random.ts'

export interface ProberParts {
  readonly clock: Clock
  readonly resolver: Resolver
  readonly checkTypes: readonly CheckType[]
  readonly random?: Random
  /** the local address to probe from */
  readonly source?: string | undefined
  /** opens what is sealed in a check's details; throws when it cannot */
  readonly open?: (details: ProbedCheck['details']) => ProbedCheck['details']
}

type Runnable = CheckType & Required<Pick<CheckType, 'run'>>

/** Runs checks for real, from this machine. */
export function systemProber(parts: ProberParts): Prober {
  const types = new Map(parts.checkTypes.map((type) => [type.type, type]))
  return {
    async run(entity, check, options) {
      options.signal.throwIfAborted()
      const type = types.get(check.type)
      if (!isRunnable(type)) return cannot(`no probe runs ${check.type} checks`)
      const host = check.target_alias === null ? check.target_hostname : entity.ip_addresses?.[check.target_alias]
      if (host === null || host === undefined) return cannot(check.target_alias === null ? 'the check has no target' : `the entity has no address "${check.target_alias}"`)
      const result = await look(parts, type, check, host, options)
      options.signal.throwIfAborted()
      return result.status.length > 255 ? { ...result, status: result.status.slice(0, 255) } : result
    },
  }
}

const isRunnable = (type: CheckType | undefined): type is Runnable => type?.run !== undefined
const cannot = (status: string, target: string | null = null): ProbeResult => ({ available: false, cannot: true, status, metrics: {}, target })

async function look(parts: ProberParts, type: Runnable, check: ProbedCheck, host: string, options: ProbeOptions): Promise<ProbeResult> {
  const details = opened(parts, check)
  if (details === undefined) return cannot('the secrets in the details cannot be opened')
  const { clock, resolver, random = systemRandom } = parts
  const timeout = check.timeout * 1000
  using deadline = clock.deadline(timeout, options.signal)
  const { signal } = deadline
  let target: string | null = null
  try {
    const wantedFamily = check.target_resolver === null ? undefined : check.target_resolver === 'IPv6' ? 6 : 4
    const resolved = await resolver.resolve(host, wantedFamily, signal)
    if (resolved.kind !== 'address') return unresolved(resolved, host)
    target = resolved.address
    const { address, family, took } = resolved
    const run = type.run({
      hostname: check.target_alias === null ? host : null, address, family, resolveTook: took, wantedFamily,
      details, clock, random, resolver, source: parts.source, signal, timeout, debug: options.debug === true,
    })
    const result = await Promise.race([run, abandoned(signal)])
    return { ...result, ...phases(result, took), target }
  } catch (error) {
    if (!signal.aborted) throw error
    return { available: false, status: 'timeout', metrics: {}, target }
  }
}

/** A type ends by its signal, and tells what it knew by then; one that does not is left behind a moment later. */
function abandoned(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => setImmediate(() => reject(signal.reason)), { once: true })
  })
}

function opened({ open }: ProberParts, { details }: ProbedCheck): ProbedCheck['details'] | undefined {
  try {
    return open === undefined ? details : open(details)
  } catch {
    return undefined
  }
}

/** A type that tells no time of its name's resolution gets it here. */
function phases(result: Omit<ProbeResult, 'target'>, took: number): Pick<ProbeResult, 'phases'> {
  if (took === 0 || result.phases?.dns !== undefined) return {}
  return { phases: { dns: Math.round(took * 1000) / 1000, ...result.phases } }
}

/** What the name service said, in the words of a status. */
function unresolved(resolved: Exclude<Resolved, { kind: 'address' }>, host: string): ProbeResult {
  switch (resolved.kind) {
    case 'forbidden': return cannot(`prevented by ACL 'global'`, isIP(host) === 0 ? null : host)
    case 'not found': return { available: false, status: 'dns: not found', metrics: {}, target: null }
    case 'failed': return { available: false, status: `dns: ${resolved.detail}`, metrics: {}, target: null }
  }
}
