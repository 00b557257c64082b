import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { Metric } from '../../core/alarm-language/index.ts'
import type { Observation } from '../../core/observation.ts'

/** What Vedette says of itself, in the units of the check type `agent.vedette`. */
export interface SelfFacts {
  readonly metrics: Readonly<Record<string, Metric>>
  readonly problems: readonly string[]
}

export interface SelfDeps {
  readonly facts: () => Promise<SelfFacts>
  /** where the check stands; undefined while it does not exist (somebody deleted it) */
  readonly check: () => Promise<{ readonly tenant: string; readonly entity: string; readonly check: string; readonly period: number } | undefined>
  readonly take: (observations: readonly Observation[], live: boolean) => Promise<unknown>
  readonly boot: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * Observes Vedette itself once a period. These observations are also the record of when ingest was up: a gap in
 * them is an outage of ours.
 */
export function startSelf({ facts, check, take, boot, clock, log }: SelfDeps): AsyncDisposable {
  const stop = new AbortController()
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }

  async function run(): Promise<void> {
    for (let sequence = 0; !stop.signal.aborted; sequence++) {
      const begun = clock.monotonic()
      try {
        const subject = await check()
        if (subject !== undefined) await observe(subject, sequence)
        // From begin to begin, so that a busy hour has as many observations as any other.
        await clock.sleep(Math.max(0, begun + (subject?.period ?? 10) * 1000 - clock.monotonic()), stop.signal)
      } catch (error) {
        if (stop.signal.aborted) return
        log.warn({ error: String(error) }, 'could not observe myself')
        await pause()
      }
    }
  }

  async function observe(subject: { tenant: string; entity: string; check: string }, sequence: number): Promise<void> {
    const { metrics, problems } = await facts()
    const at = clock.now()
    await take([{
      tenant: subject.tenant, entity: subject.entity, check: subject.check, zone: 'agent', slot: at, kind: 'scheduled', boot, sequence, at, receivedAt: at,
      available: true, status: problems.length === 0 ? 'all is well' : problems.join('; ').slice(0, 255), metrics, target: null,
      startDelay: 0, lag: 0, stressed: null, trace: `self-${boot}-${sequence}`,
    }], true)
  }

  /** Waits a second, or until stopped. */
  async function pause(): Promise<void> {
    try {
      await clock.sleep(1000, stop.signal)
    } catch {
      // stopped while waiting: the loop ends by itself
    }
  }
}
