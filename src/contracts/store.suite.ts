import type { Exceptions, Open, TestedStore } from './define.suite.ts'
import { alarmLedgerSuite } from './alarm-ledger.suite.ts'
import { configurationSuite } from './configuration.suite.ts'
import { leasesSuite } from './leases.suite.ts'
import { metricStoreSuite } from './metric-store.suite.ts'
import { observationStoreSuite } from './observation-store.suite.ts'
import { outboxSuite } from './outbox.suite.ts'

const suites = {
  configuration: configurationSuite, observations: observationStoreSuite, metrics: metricStoreSuite, ledger: alarmLedgerSuite, outbox: outboxSuite, leases: leasesSuite,
} as const

/** All suites that a store has to pass, with its exceptions by contract. */
export function storeSuites(adapter: string, open: Open<TestedStore>, exceptions: Partial<Record<keyof typeof suites, Exceptions>> = {}): void {
  for (const [part, suite] of Object.entries(suites)) suite(adapter, open, exceptions[part as keyof typeof suites])
}
