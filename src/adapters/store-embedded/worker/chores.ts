import type { DatabaseSync } from 'node:sqlite'
import type { Settings } from '../settings.ts'
import { blockWriter } from './blocks.ts'
import { Hot } from './hot.ts'
import type { Horizons } from './horizons.ts'
import { levels } from './levels.ts'
import type { HotParts, SeriesReader } from './reader.ts'
import type { Rollups } from './rollups.ts'

/** So many series in one step: a few ms, after which commits that wait go first. */
const flushStep = 16
const sealStep = 8
/** Expiry moves on by at least this much (ms), so that an idle store writes nothing. */
const expiryStep = 600_000

const seriesInBlocks = 'SELECT DISTINCT series FROM block WHERE "end" >= ? AND start < ?'
const seriesInRollups = 'SELECT DISTINCT series FROM rollup WHERE start >= ? AND start < ? AND level = ?'
const dropBatches = 'DELETE FROM hot WHERE batch IN (SELECT batch FROM hot WHERE batch <= ? ORDER BY batch LIMIT 500)'
const dropBlocks = 'DELETE FROM block WHERE id IN (SELECT id FROM block WHERE "end" < ? LIMIT 200)'
const dropRollups = 'DELETE FROM rollup WHERE rowid IN (SELECT rowid FROM rollup WHERE level = ? AND start <= ? LIMIT 200)'

interface Tools {
  readonly database: DatabaseSync
  readonly settings: Settings
  readonly hot: HotParts
  readonly reader: SeriesReader
  readonly rollups: Rollups
  readonly horizons: Horizons
}

/** A window that is being sealed, and the series that wait for it: those with anything in it when it began. */
interface Sealing { readonly level: number; readonly start: number; readonly end: number; readonly series: number[] }

/**
 * The work that makes yesterday's observations small: hot records become blocks, windows that are over become rollups, and
 * what is too old goes. Each call does one short step in a transaction of its own; every step may be repeated after a
 * crash, because what is written twice is the same.
 */
export class Chores {
  readonly #tools: Tools
  readonly #put: ReturnType<typeof blockWriter>
  /** the last batch whose records are leaving */
  #leavingTo = 0
  #activeSince: number
  #sealing: Sealing | undefined

  constructor(tools: Tools, now: number) {
    this.#tools = tools
    this.#put = blockWriter(tools.database, tools.reader, tools.settings.blockCount)
    this.#activeSince = now
  }

  /** Does one step, if one is due at `now`; `all` takes hot records out that would stay for now. Tells whether there is more. */
  step(now: number, all: boolean): boolean {
    this.#rotate(now, all)
    const { leaving } = this.#tools.hot
    if (leaving !== undefined) return this.#flush(leaving)
    this.#sealing ??= this.#nextSeal(now)
    this.#tools.horizons.sealing = this.#sealing
    if (this.#sealing !== undefined) return this.#seal(this.#sealing)
    return this.#transaction(() => this.#expire(now))
  }

  #rotate(now: number, all: boolean): void {
    const { hot, settings } = this.#tools
    if (hot.active.records === 0) this.#activeSince = now
    if (hot.leaving !== undefined || hot.active.records === 0) return
    const due = all || hot.active.full || hot.active.bytes >= settings.hotBytes || now - this.#activeSince >= settings.hotAge
    if (!due) return
    hot.leaving = hot.active
    hot.active = new Hot()
    this.#activeSince = now
    this.#leavingTo = hot.lastBatch
  }

  /** Some series of the hot records that leave become blocks; at the end the batches they came in go. */
  #flush(leaving: Hot): boolean {
    const { hot, reader, rollups, database } = this.#tools
    const next = [...Iterator.from(leaving.series).take(flushStep)]
    if (next.length === 0) {
      const dropped = this.#transaction(() => database.prepare(dropBatches).run(this.#leavingTo).changes)
      if (dropped === 0) hot.leaving = undefined
      return true
    }
    this.#transaction(() => {
      for (const series of next) rollups.amend(series, this.#put(series, reader.records(leaving, series)))
    })
    for (const series of next) leaving.forget(series)
    return true
  }

  /** The finest level goes first: a window is made from whole windows below it. */
  #nextSeal(now: number): Sealing | undefined {
    const { horizons, settings } = this.#tools
    for (const [level, { window }] of levels.entries()) {
      const start = horizons.sealed(level)
      const ready = level === 0 ? now - settings.sealAfter : horizons.sealed(level - 1)
      if (start + window <= ready) return { level, start, end: start + window, series: this.#seriesWithin(level, start, start + window) }
    }
    return undefined
  }

  #seriesWithin(level: number, start: number, end: number): number[] {
    const { database } = this.#tools
    const rows = level === 0 ? database.prepare(seriesInBlocks).all(start, end) : database.prepare(seriesInRollups).all(start, end, level - 1)
    return rows.map(({ series }) => series as number)
  }

  #seal(work: Sealing): boolean {
    const { rollups, horizons } = this.#tools
    const isLast = work.series.length <= sealStep
    this.#transaction(() => {
      for (const series of work.series.slice(0, sealStep)) rollups.seal(work.level, series, work.start)
      if (isLast) horizons.set('sealed', work.level, work.end)
    })
    work.series.splice(0, sealStep)
    if (isLast) this.#sealing = undefined
    return true
  }

  /** What is needed to seal the next coarser level stays, however old. */
  #expire(now: number): boolean {
    const { database, horizons, settings } = this.#tools
    for (let level = -1; level < levels.length; level++) {
      const { name, window } = levels[level] ?? ({ name: 'FULL', window: 0 } as const)
      const before = Math.min(now - settings.retention[name], level + 1 < levels.length ? horizons.sealed(level + 1) : Infinity)
      if (before >= horizons.expired(level) + expiryStep) horizons.set('expired', level, before)
      const old = horizons.expired(level)
      const dropped = level < 0 ? database.prepare(dropBlocks).run(old) : database.prepare(dropRollups).run(level, old - window)
      if (dropped.changes > 0) return true
    }
    return false
  }

  #transaction<T>(work: () => T): T {
    const { database, horizons } = this.#tools
    database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      database.exec('COMMIT')
      return result
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      horizons.reload()
      throw error
    }
  }
}
