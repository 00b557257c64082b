import { createWriteStream } from 'node:fs'
import { openEmbedded } from '../../src/adapters/store-embedded/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { aDelivery, anEntity, aVersion } from '../../src/contracts/samples.suite.ts'
import { observationOf } from './acknowledged.ts'

/**
 * Writes to the store in a folder as fast as it goes, from a number on, and prints a line for everything that was
 * acknowledged, until it is killed: `node writer.ts FOLDER FROM`. Background work is made to run all the time.
 */
const [directory = '', first = '0'] = process.argv.slice(2)
const out = createWriteStream('', { fd: 1 })
const say = (line: string) => out.write(`${line}\n`)
const from = Number(first)
const tenant = '100000'

await using store = await openEmbedded({ directory, clock: systemClock, log: systemLog('error'), linger: 2, hotBytes: 20_000, blockCount: 16 })
say('open')

async function observe(writer: number): Promise<never> {
  for (let n = from; ; n++) {
    await store.observations.append([observationOf(writer, n)])
    say(`observation ${writer} ${n}`)
  }
}

async function configure(): Promise<never> {
  for (let n = from; ; n++) {
    const entity = `en${n % 5}`
    const partition = { tenant, entity }
    const expected = (await store.configuration.get('entity', partition, entity))?.version ?? 0
    const value = anEntity({ id: entity, label: `label ${n}` })
    if (await store.configuration.commit(partition, [{ kind: 'entity', id: entity, expected, value }]) === 'applied') say(`entity ${entity} ${expected + 1} ${n}`)
  }
}

async function decide(alarm: string): Promise<never> {
  const key = { tenant, entity: 'en1', alarm }
  for (let n = from; ; n++) {
    const version = ((await store.ledger.read(key))?.version ?? 0) + 1
    await store.outbox.intend({ key, version, at: n })
    say(`intent ${alarm} ${version}`)
    if (await store.ledger.commit(version - 1, ...aVersion(version, `decision ${n}`, { key })) === 'applied') say(`version ${alarm} ${version} ${n}`)
    await store.outbox.enqueue(aDelivery({ key, version }))
    say(`delivery ${alarm} ${version} waiting`)
    if (await store.outbox.claim({ key, version, notification: 'nt1', step: 0 }, 'me', 1000, 2000) === undefined) continue
    await store.outbox.record({ key, version, notification: 'nt1', step: 0 }, 'me', null, { status: 'delivered', dueAt: 0 })
    say(`delivery ${alarm} ${version} delivered`)
  }
}

async function tidy(): Promise<never> {
  for (;;) await store.tidy()
}

await Promise.all([observe(0), observe(1), observe(2), configure(), decide('al1'), decide('al2'), tidy()])
