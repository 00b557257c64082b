import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simulatedClock } from '../src/adapters/simulated/clock.ts'
import { simulatedRandom } from '../src/adapters/simulated/random.ts'
import { openReplicatedStore } from '../src/adapters/simulated/replicas/open.ts'
import { openSimulatedStore } from '../src/adapters/simulated/store/open.ts'
import { openEmbedded } from '../src/adapters/store-embedded/index.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { systemFeed } from '../src/adapters/system/feed.ts'
import { systemLog } from '../src/adapters/system/log.ts'
import { systemRandom } from '../src/adapters/system/random.ts'
import { openSecretBox } from '../src/adapters/system/secret-box.ts'
import { clockSuite } from '../src/contracts/clock.suite.ts'
import { suiteNow, type TestedStore } from '../src/contracts/define.suite.ts'
import { feedSuite } from '../src/contracts/feed.suite.ts'
import { randomSuite } from '../src/contracts/random.suite.ts'
import { secretBoxSuite } from '../src/contracts/secret-box.suite.ts'
import { storeSuites } from '../src/contracts/store.suite.ts'

/** Every adapter × the suite of each contract that it keeps; exceptions stand here, each with its reason. */
const nothingToEnd = { async [Symbol.asyncDispose]() {} }

storeSuites('embedded', openTested)
storeSuites('simulated', async () => {
  const clock = simulatedClock({ free: true })
  const store = openSimulatedStore({ clock, random: simulatedRandom(7) })
  const tested = { store: store.process(clock), reopen: async () => { tested.store = store.process(clock) }, ...nothingToEnd }
  return tested
})
storeSuites('replicated', async () => {
  const clock = simulatedClock({ free: true })
  const store = openReplicatedStore({ clock, random: simulatedRandom(7) })
  const open = () => store.connect('dc2', clock)
  const tested = { store: open(), reopen: async () => { tested.store = open() }, ...nothingToEnd }
  return tested
})

clockSuite('system', async () => ({ clock: systemClock, pass: (work) => work, ...nothingToEnd }))
clockSuite('simulated', async () => {
  const clock = simulatedClock()
  return { clock, pass: (work) => clock.run(work), ...nothingToEnd }
})

randomSuite('system', async () => ({ random: systemRandom, ...nothingToEnd }))
randomSuite('simulated', async () => ({ random: simulatedRandom(7), ...nothingToEnd }))

secretBoxSuite('system', async () => ({ box: openSecretBox(systemRandom.bytes(32)), foreign: openSecretBox(systemRandom.bytes(32)), ...nothingToEnd }))

feedSuite('system', async () => ({ feed: systemFeed(systemClock), ...nothingToEnd }))

/** The embedded store in a folder of its own, which goes with it. */
async function openTested(): Promise<TestedStore & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'vedette-contracts-'))
  const open = () => openEmbedded({ directory, clock: { ...systemClock, now: () => suiteNow }, log: systemLog('warn') })
  const tested = {
    store: await open(),
    tidy: () => tested.store.tidy(),
    async reopen() {
      await tested.store[Symbol.asyncDispose]()
      tested.store = await open()
    },
    async [Symbol.asyncDispose]() {
      await tested.store[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
  return tested
}
