import type { EmbeddedStore } from '../../src/adapters/store-embedded/index.ts'
import { suiteStart } from '../../src/contracts/define.suite.ts'
import { aCheck, aDelivery, anAlarmKey, anEntity, anObservation, aVersion } from '../../src/contracts/samples.suite.ts'
import type { Observation } from '../../src/core/observation.ts'

/** What stands in the samples of older layouts, and what every later program has to read there. */
export const sample = {
  /** six hours, a minute apart, so that some are in blocks and rollups */
  old: Array.from({ length: 360 }, (_, n): Observation => anObservation(n, { at: suiteStart + n * 60_000 + (n * 7) % 11, slot: suiteStart + n * 60_000, startDelay: (n % 4) / 4, kind: n % 50 === 7 ? 'confirming' : 'scheduled', available: n % 40 !== 3, target: n % 40 === 3 ? null : '192.0.2.1', metrics: n % 40 === 3 ? {} : { duration: { type: 'I', value: 200 + (n * 37) % 90, unit: 'milliseconds' }, load: { type: 'n', value: n / 7, unit: '' }, code: { type: 's', value: n % 100 === 50 ? '503' : '200', unit: 'unknown' } } })),
  fresh: [anObservation(1000, { at: suiteStart + 360 * 60_000, stressed: 'lag', status: 'ünïcödé ☃' }), anObservation(1001, { at: suiteStart + 361 * 60_000 + 0.5 })],
  entity: anEntity({ id: 'en1', label: 'a server of old' }),
  check: aCheck({ id: 'ch1' }),
  version: aVersion(1, 'f0000000-0000-11f0-8000-000000000001'),
  delivery: aDelivery({ dueAt: 5000 }),
  intent: { key: anAlarmKey, version: 2, at: 77 },
}

/** Puts the sample into a store; `tidy` stands between what is old and what is fresh. */
export async function writeSample(store: EmbeddedStore): Promise<void> {
  await store.observations.append(sample.old)
  await store.tidy()
  await store.observations.append(sample.fresh)
  const partition = { tenant: anAlarmKey.tenant, entity: 'en1' }
  await store.configuration.commit(partition, [{ kind: 'entity', id: 'en1', expected: 0, value: sample.entity }, { kind: 'check', id: 'ch1', expected: 0, value: sample.check }])
  await store.ledger.commit(0, ...sample.version)
  await store.outbox.enqueue(sample.delivery)
  await store.outbox.intend(sample.intent)
}
