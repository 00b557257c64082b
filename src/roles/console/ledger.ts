import type { AlarmLedger } from '../../contracts/alarm-ledger.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { ObservationStore } from '../../contracts/observation-store.ts'
import type { Outbox } from '../../contracts/outbox.ts'
import { deliveryKey, type AlarmKey, type Delivery, type LedgerEntry } from '../../core/alarm-row.ts'
import type { Observation } from '../../core/observation.ts'
import type { DeliveryView, EntryView, LedgerView, ObservationView } from './wire.ts'

export interface LedgerDeps { readonly ledger: AlarmLedger; readonly outbox: Outbox; readonly clock: Clock }

const most = 100

/**
 * The versions of an alarm, newest first, each with its inputs, its deliveries and their attempts; undefined when there is
 * no such alarm. Notifications appear by name and kind only: their details may hold secrets.
 */
export async function ledgerView({ ledger, outbox, clock }: LedgerDeps, key: AlarmKey, limit: number, before: number | undefined): Promise<LedgerView | undefined> {
  const row = await ledger.read(key)
  if (row === undefined || row.deleted) return undefined
  const until = Math.min(before ?? Number.MAX_SAFE_INTEGER, row.version + 1)
  const from = Math.max(1, until - Math.min(Math.max(1, limit), most))
  const entries = await ledger.entries(key, from, until - from)
  const views = await Promise.all(entries.map(async (entry) => entryView(entry, entry.kind === 'state' ? await outbox.deliveries(key, entry.version) : [])))
  return { now: clock.now(), version: row.version, entries: views.toReversed(), before: from > 1 ? from : null }
}

function entryView(entry: LedgerEntry, deliveries: readonly Delivery[]): EntryView {
  const { version, kind, id, at, state, previousState, status, reason, zone, generation, plan, suppressedBy, trace, inputs, context } = entry
  return {
    version, kind, id, at, state, previousState, status, reason, zone, generation, plan, suppressedBy, trace, inputs,
    observation: observed(context?.observation), deliveries: deliveries.map(deliveryView),
  }
}

function observed(observation: Observation | null | undefined): ObservationView | null {
  return observation === null || observation === undefined ? null : observationView(observation)
}

function deliveryView(delivery: Delivery): DeliveryView {
  const { version, step, createdAt, status, dueAt, attempts, notification } = delivery
  const { id, label, type } = notification
  return { key: deliveryKey(delivery), version, step, createdAt, status, dueAt, attempts, notification: { id, label, type } }
}

/** The newest observations of a check, by zone. */
export async function newestByZone(observations: ObservationStore, check: string, zones: readonly string[], count: number) {
  return Promise.all(zones.map(async (zone) => ({ zone, observations: (await observations.newest(check, zone, count)).map(observationView) })))
}

function observationView({ zone, slot, kind, at, receivedAt, available, status, metrics, target, startDelay, lag, stressed, trace }: Observation): ObservationView {
  return { zone, slot, kind, at, receivedAt, available, status, metrics, target, startDelay, lag, stressed, trace }
}
