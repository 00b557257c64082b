import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { openEmbedded } from '../../src/adapters/store-embedded/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { StoreUnavailable } from '../../src/contracts/errors.ts'
import { anEntity } from '../../src/contracts/samples.suite.ts'
import { observationOf } from './acknowledged.ts'

/**
 * Fills the disk under a store, says what became of it, waits for a line, makes room and says what became of that:
 * `node filler.ts FOLDER`. It lives through all of it, in one process.
 */
const [home = ''] = process.argv.slice(2)
const directory = join(home, 'data')
const ballast = join(home, 'ballast')
const say = (facts: Record<string, unknown>) => console.log(JSON.stringify(facts))
const open = () => openEmbedded({ directory, clock: systemClock, log: systemLog('silent'), linger: 0 })
const acknowledged: number[] = []
// Every text is another one, so that no compressor makes room by itself.
const large = (n: number) => ({ ...observationOf(0, n), status: Array.from({ length: 60 }, () => Math.random().toString(36)).join('').slice(0, 255), trace: Array.from({ length: 900 }, () => Math.random().toString(36)).join('') })

async function append(n: number): Promise<string> {
  try {
    await store.observations.append([large(n)])
    acknowledged.push(n)
    return 'done'
  } catch (error) {
    return error instanceof StoreUnavailable ? error.outcome : String(error)
  }
}

await writeFile(ballast, new Uint8Array(3 * 2 ** 20))
let store = await open()
let n = 0
let outcome = 'done'
while (outcome === 'done' && n < 5000) outcome = await append(n++)
const change = { kind: 'entity', id: 'en1', expected: 0, value: anEntity({ id: 'en1', label: 'x'.repeat(200_000) }) } as const
const configured = await store.configuration.commit({ tenant: '1', entity: 'en1' }, [change]).catch((error: unknown) => (error instanceof StoreUnavailable ? error.outcome : String(error)))
const newest = await store.observations.newest('ch0', 'mzdfw', 1)
say({ what: 'full', outcome, configured, acknowledged: acknowledged.length, newest: newest[0]?.sequence })

const input = createInterface({ input: process.stdin })
await input[Symbol.asyncIterator]().next()
input.close()
await rm(ballast)
let tries = 0
while (await append(n++) !== 'done' && tries++ < 100) await sleep(50)
const applied = await store.configuration.commit({ tenant: '1', entity: 'en1' }, [change])
await store[Symbol.asyncDispose]()
store = await open()
const present = new Set((await Array.fromAsync(store.observations.range('ch0', 'mzdfw', 0, Infinity))).map(({ sequence }) => sequence))
say({ what: 'room', applied, acknowledged: acknowledged.length, lost: acknowledged.filter((one) => !present.has(one)) })
await store[Symbol.asyncDispose]()
