import type { Resolution } from '../../contracts/metric-store.ts'

/** What an operator may change of the embedded store; times are ms, sizes bytes. */
export interface Settings {
  /** where everything lies */
  readonly directory: string
  /** where observations keep coming, commits begin this far apart and share one fsync; an idle store and other writes wait for nothing */
  readonly linger: number
  /** what may wait for the disk before `append` says no */
  readonly waitingLimit: number
  /** the database grows to this and no further; 0 is no limit */
  readonly maxBytes: number
  /** observations are kept as they came until they take this much memory or are this old; then they become blocks */
  readonly hotBytes: number
  readonly hotAge: number
  /** about so many observations stand in one block */
  readonly blockCount: number
  /** how long after its end a window of rollups is stored */
  readonly sealAfter: number
  /** how long observations, and the rollups of each resolution, are kept */
  readonly retention: Readonly<Record<Resolution, number>>
}

const minute = 60_000
const day = 1440 * minute

export const defaultSettings: Omit<Settings, 'directory'> = {
  linger: 50,
  waitingLimit: 64 * 2 ** 20,
  maxBytes: 0,
  hotBytes: 24 * 2 ** 20,
  hotAge: 30 * minute,
  blockCount: 128,
  sealAfter: 60 * minute,
  retention: { FULL: 2 * day, MIN5: 10 * day, MIN20: 20 * day, MIN60: 155 * day, MIN240: 300 * day, MIN1440: 5 * 365 * day },
}
