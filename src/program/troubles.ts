import type { Clock } from '../contracts/clock.ts'
import type { Log } from '../contracts/log.ts'
import type { LoopLag } from '../contracts/loop-lag.ts'
import type { Store } from '../contracts/store.ts'
import type { Poller, PollerStats } from '../roles/poller/start-poller.ts'
import type { Engine } from './engine.ts'

/** Every kind of trouble that a process knows of, and what it means; /metrics shows each. */
export const troubleKinds = {
  starting: 'not everything is there yet',
  store: 'the store cannot be written or read',
  region: 'one region\'s part of the store is gone; the rest goes on',
  clock: 'this machine\'s clock is not to be believed',
  loop: 'the event loop stood still',
  spool: 'observations wait on disk for an endpoint',
  zone: 'a zone sees nothing, or nothing is heard of it',
} as const
export type TroubleKind = keyof typeof troubleKinds

/** What is wrong, in words. A warning is no reason to send requests to another process. `of` tells troubles of one kind apart. */
export interface Trouble { readonly kind: TroubleKind; readonly of: string; readonly about: string; readonly isWarning: boolean }

export interface TroubleParts {
  /** true until every part is there */
  readonly starting: () => boolean
  readonly store: Pick<Store, 'problems' | 'stats'>
  readonly engine: Pick<Engine, 'health' | 'zonesLost'>
  readonly pollers: readonly Poller[]
  readonly loopLag: LoopLag
  /** what is wrong with the clock, in words */
  readonly clockProblem: () => string | undefined
}

/** A zone whose poller has this many observations on disk is behind; lag and age are ms. */
const spoolTooLong = 1000
const lagTooLong = 5000
const failureIsNews = 10_000

/** What is wrong now; empty when the process does all of its work and knows of no trouble elsewhere. */
export async function troublesOf(parts: TroubleParts): Promise<readonly Trouble[]> {
  const { starting, pollers, loopLag, clockProblem } = parts
  const store = await storeTroubles(parts)
  const lag = loopLag.since(loopLag.mark())
  const wrongTime = clockProblem()
  return [
    ...(starting() ? [trouble('starting', '', 'still starting')] : []),
    ...store,
    ...(lag > lagTooLong ? [trouble('loop', '', `the event loop stood still for ${Math.round(lag)} ms`)] : []),
    ...(wrongTime === undefined ? [] : [trouble('clock', '', wrongTime)]),
    ...pollers.flatMap((poller) => zoneTroubles(poller.stats())),
    ...(store.some(({ isWarning }) => !isWarning) ? [] : await lostZones(parts)),
  ]
}

const trouble = (kind: TroubleKind, of: string, about: string, isWarning = false): Trouble => ({ kind, of, about, isWarning })

async function storeTroubles({ store, engine }: TroubleParts): Promise<readonly Trouble[]> {
  const told = store.problems().map(({ kind, region = '', about }) => (kind === 'region' ? trouble('region', region, about, true) : trouble('store', region, about)))
  const { failures } = await store.stats()
  const refuses = failures > 0 && engine.health.healthyFor() < failureIsNews && !told.some(({ kind }) => kind === 'store')
  return refuses ? [...told, trouble('store', '', 'the store refuses writes')] : told
}

/** What is wrong with the poller of one zone in this process. */
export function zoneTroubles({ zone, spool, canariesSilent }: PollerStats): readonly Trouble[] {
  return [
    ...(canariesSilent ? [trouble('zone', zone, `zone ${zone} is blind: none of its canaries answers`)] : []),
    ...(spool.count > spoolTooLong ? [trouble('spool', zone, `zone ${zone} has ${spool.count} observations in its spool`)] : []),
  ]
}

/** Every process sees that a zone is silent; none of them can do anything about it by being left out. */
async function lostZones({ engine }: TroubleParts): Promise<readonly Trouble[]> {
  try {
    return [...await engine.zonesLost()].map((zone) => trouble('zone', zone, `zone ${zone} is silent: none of its pollers is heard by any endpoint`, true))
  } catch {
    // The store does not answer; it says so itself before long.
    return []
  }
}

const lookEvery = 5000

/** Keeps what is wrong at hand, and says in the log when a trouble begins and when it is over: once. */
export class TroubleWatch {
  readonly #look: () => Promise<readonly Trouble[]>
  readonly #clock: Clock
  readonly #log: Log
  readonly #since = new Map<string, { readonly trouble: Trouble; readonly at: number }>()
  current: readonly Trouble[] = []

  constructor(look: () => Promise<readonly Trouble[]>, clock: Clock, log: Log) {
    this.#look = look
    this.#clock = clock
    this.#log = log
  }

  /** Looks again and again until aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#heed(await this.#look())
        await this.#clock.sleep(lookEvery, signal)
      } catch (error) {
        if (signal.aborted) return
        this.#log.warn({ error: String(error) }, 'could not tell what is wrong')
        this.#heed([trouble('store', '', 'the store does not tell how it is')])
        using pause = this.#clock.deadline(lookEvery, signal)
        await aborted(pause.signal)
      }
    }
  }

  #heed(found: readonly Trouble[]): void {
    this.current = found
    const names = new Set(found.map(nameOf))
    const now = this.#clock.monotonic()
    for (const one of found) {
      if (this.#since.has(nameOf(one))) continue
      this.#since.set(nameOf(one), { trouble: one, at: now })
      if (one.kind !== 'starting') this.#log.warn({ trouble: one.kind, ...(one.of === '' ? {} : { of: one.of }) }, one.about)
    }
    for (const [name, { trouble: { kind, of, about }, at }] of this.#since) {
      if (names.has(name)) continue
      this.#since.delete(name)
      if (kind !== 'starting') this.#log.info({ trouble: kind, ...(of === '' ? {} : { of }), lasted: Math.round(now - at) }, `over: ${about}`)
    }
  }
}

const nameOf = ({ kind, of }: Trouble): string => `${kind}/${of}`

async function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) return
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}
