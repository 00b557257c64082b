import type { LedgerEntry } from '../core/alarm-row.ts'
import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Log } from '../contracts/log.ts'
import type { Intent, Outbox } from '../contracts/outbox.ts'
import type { Random } from '../contracts/random.ts'
import { bumpRow } from './alarm-rows.ts'

export interface SettleDeps {
  readonly ledger: AlarmLedger
  readonly outbox: Outbox
  readonly enqueueAll: (entry: LedgerEntry) => Promise<void>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const atOnce = 1000

/** Settles the intents that a dead process left. Many may do it at once. */
export class OrphanedIntents {
  readonly #deps: SettleDeps
  /** those that could not be settled the time before: they come first again, and must not hide the others */
  #stuck = 0
  settled = 0

  constructor(deps: SettleDeps) {
    this.#deps = deps
  }

  /** All that were written before `before` (ms). */
  async look(before: number): Promise<void> {
    const limit = atOnce + this.#stuck
    this.#stuck = 0
    for (const intent of await this.#deps.outbox.intents(before, limit)) {
      try {
        await this.#settle(intent)
      } catch (error) {
        this.#stuck += 1
        this.#deps.log.warn({ alarm: intent.key.alarm, version: intent.version, error: String(error) }, 'could not settle an intent; the next round tries again')
      }
    }
  }

  /** Either the change is there, then its deliveries are; or it can never come any more, because the version was raised. */
  async #settle(intent: Intent): Promise<void> {
    const row = await this.#deps.ledger.read(intent.key)
    if (row !== undefined && row.version < intent.version && (await bumpRow(this.#deps, row)) === 'conflict') return
    const entry = await this.#deps.ledger.entry(intent.key, intent.version)
    if (entry?.kind === 'state') await this.#deps.enqueueAll(entry)
    await this.#deps.outbox.settle(intent)
    this.settled += 1
  }
}
