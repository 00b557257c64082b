import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { settings } from '../src/program/config.ts'
import { pollerSettings } from '../src/program/poller-config.ts'

/** What deploy/ sets has to exist, by the names that the program knows. */
const known = new Set([...Object.values(settings), ...Object.values(pollerSettings)].map((setting) => setting.env))
const read = (file: string) => readFile(new URL(`../deploy/${file}`, import.meta.url), 'utf8')
const unknown = (text: string) => [...text.matchAll(/VEDETTE_[A-Z_]+/g)].map(([name]) => name).filter((name) => !known.has(name))

for (const file of ['systemd/vedette.env', 'systemd/poller.env', 'systemd/vedette.service', 'systemd/vedette-poller@.service', 'compose.yaml']) {
  test(`deploy/${file} names settings that exist`, async () => {
    assert.deepEqual(unknown(await read(file)), [])
  })
}

test('the Compose file starts what its services wait for', async () => {
  const { services }: { services: Record<string, { depends_on?: Record<string, unknown> | string[] }> } = parse(await read('compose.yaml'))
  const awaited = Object.values(services).flatMap(({ depends_on: on = [] }) => (Array.isArray(on) ? on : Object.keys(on)))
  assert.deepEqual(awaited.filter((name) => !(name in services)), [])
  assert.ok(awaited.includes('cassandra'))
})

test('a name that is no setting is found', () => {
  assert.deepEqual(unknown('VEDETTE_STORE=1 VEDETTE_STROE=2'), ['VEDETTE_STROE'])
})
