import { after, test } from 'node:test'
import { withoutCassandra } from '../scripts/lab/cassandra.ts'
import { openCassandra } from '../src/adapters/store-cassandra/index.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { systemLog } from '../src/adapters/system/log.ts'
import { suiteNow, type TestedStore } from '../src/contracts/define.suite.ts'
import { storeSuites } from '../src/contracts/store.suite.ts'
import { testKeyspace, type TestKeyspace } from './cassandra/cluster.ts'

/** The suites of all contracts about data on a real Cassandra: one keyspace, emptied before each test. */
const skip = await withoutCassandra()
if (skip === false) {
  const keyspace = await testKeyspace()
  after(() => keyspace[Symbol.asyncDispose]())
  storeSuites('cassandra', () => openTested(keyspace))
} else {
  test('the suites of all contracts, cassandra', { skip }, () => {})
}

async function openTested({ options, empty }: TestKeyspace): Promise<TestedStore & AsyncDisposable> {
  await empty()
  const open = () => openCassandra({ ...options, clock: { ...systemClock, now: () => suiteNow }, log: systemLog('warn') })
  const tested = {
    store: await open(),
    tidy: () => tested.store.tidy(),
    async reopen() {
      await tested.store[Symbol.asyncDispose]()
      tested.store = await open()
    },
    async [Symbol.asyncDispose]() {
      await tested.store[Symbol.asyncDispose]()
    },
  }
  return tested
}
