import type { DatabaseSync } from 'node:sqlite'
import { levels, windowStart } from './levels.ts'

/**
 * How far the background work has come, for all series together; ms. Levels are numbered from 0, MIN5; -1 stands for
 * the observations themselves.
 * - `sealed`: every window of the level that ends by then is stored, for every series that has points in it.
 * - `expired`: what is older may be gone.
 */
export class Horizons {
  readonly #database: DatabaseSync
  readonly #known = new Map<string, number>()
  /** the window that is being sealed now: some series have it already, and late points have to reach it */
  sealing: { readonly level: number; readonly end: number } | undefined

  constructor(database: DatabaseSync, now: number) {
    this.#database = database
    const fresh = database.prepare('INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)')
    for (const [i, level] of levels.entries()) fresh.run(`sealed.${i}`, windowStart(now, level.window))
    this.reload()
  }

  sealed(level: number): number {
    return this.#known.get(`sealed.${level}`) ?? Infinity
  }

  /** Windows that end by then may be stored for some series, though not for all. */
  reached(level: number): number {
    return this.sealing?.level === level ? this.sealing.end : this.sealed(level)
  }

  expired(level: number): number {
    return this.#known.get(`expired.${level}`) ?? -Infinity
  }

  /** Within a transaction; `reload` when it fails. */
  set(kind: 'sealed' | 'expired', level: number, at: number): void {
    this.#database.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)').run(`${kind}.${level}`, at)
    this.#known.set(`${kind}.${level}`, at)
  }

  reload(): void {
    this.#known.clear()
    for (const row of this.#database.prepare("SELECT name, value FROM meta WHERE name LIKE 'sealed.%' OR name LIKE 'expired.%'").all()) {
      this.#known.set(row.name as string, row.value as number)
    }
  }
}
