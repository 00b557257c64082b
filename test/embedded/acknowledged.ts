import assert from 'node:assert/strict'
import type { EmbeddedStore } from '../../src/adapters/store-embedded/index.ts'
import { anObservation } from '../../src/contracts/samples.suite.ts'
import type { Observation } from '../../src/core/observation.ts'

/** Now, at the start of a five minutes' bucket, for tests that must not run into the retention. */
const base = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000

export function observationOf(writer: number, n: number): Observation {
  return anObservation(n, { check: `ch${writer}`, at: base + n, slot: base + n, metrics: { n: { type: 'n', value: n, unit: '' } } })
}

/** What a writer's lines say was acknowledged. */
export class Acknowledged {
  readonly observations = new Map<string, Set<number>>()
  readonly entities = new Map<string, { version: number; label: string }>()
  readonly versions = new Map<string, Map<number, string>>()
  readonly intents = new Set<string>()
  readonly deliveries = new Map<string, string>()
  /** the next number that no writer has used */
  next = 0

  hear(line: string): void {
    const [what, name = '', a = '', b = ''] = line.split(' ')
    if (what === 'observation') this.#heard(name, Number(a))
    if (what === 'entity') this.entities.set(name, { version: Number(a), label: `label ${b}` })
    if (what === 'version') this.versions.set(name, (this.versions.get(name) ?? new Map<number, string>()).set(Number(a), `decision ${b}`))
    if (what === 'intent') this.intents.add(`${name} ${a}`)
    if (what === 'delivery') this.deliveries.set(`${name} ${a}`, b)
  }

  get count(): number {
    return [...this.observations.values()].reduce((sum, numbers) => sum + numbers.size, 0) + this.intents.size + this.deliveries.size
  }

  /** Fails for anything acknowledged that a store does not have. What it has besides was written, but not heard of. */
  async check(store: EmbeddedStore): Promise<void> {
    for (const [writer, numbers] of this.observations) await this.#checkObservations(store, writer, numbers)
    for (const [entity, { version, label }] of this.entities) {
      const stored = await store.configuration.get('entity', { tenant: '100000', entity }, entity)
      assert.ok(stored !== undefined && stored.version >= version, `${entity} stands at ${stored?.version}, but ${version} was acknowledged`)
      if (stored.version === version) assert.equal(stored.value.label, label)
    }
    const intents = new Set((await store.outbox.intents(Infinity, 1e6)).map(({ key, version }) => `${key.alarm} ${version}`))
    assert.deepEqual([...this.intents].filter((intent) => !intents.has(intent)), [])
    for (const [alarm, versions] of this.versions) await this.#checkLedger(store, alarm, versions)
  }

  async #checkObservations(store: EmbeddedStore, writer: string, numbers: ReadonlySet<number>): Promise<void> {
    const stored = await Array.fromAsync(store.observations.range(`ch${writer}`, 'mzdfw', 0, Infinity))
    const present = stored.map(({ sequence }) => sequence)
    assert.equal(new Set(present).size, present.length, 'none is there twice')
    assert.deepEqual([...numbers.difference(new Set(present))], [], `lost by writer ${writer}`)
    assert.deepEqual(stored.find(({ sequence }) => sequence === present[0]), observationOf(Number(writer), present[0] ?? 0))
    const series = { check: `ch${writer}`, zone: 'mzdfw', metric: 'n' }
    const rolledUp = await Array.fromAsync(store.metrics.read(series, 0, Infinity, 'MIN5'))
    assert.equal(rolledUp.reduce((sum, { count }) => sum + count, 0), present.length, 'rollups count each observation once')
  }

  async #checkLedger(store: EmbeddedStore, alarm: string, versions: ReadonlyMap<number, string>): Promise<void> {
    const key = { tenant: '100000', entity: 'en1', alarm }
    const entries = await store.ledger.entries(key, 0, 1e6)
    assert.deepEqual(entries.map(({ version }) => version), entries.map((_, i) => i + 1), 'versions have no gap')
    assert.equal((await store.ledger.read(key))?.version, entries.length)
    for (const [version, decision] of versions) {
      assert.equal(entries[version - 1]?.decisionId, decision)
      const acknowledged = this.deliveries.get(`${alarm} ${version}`)
      const [delivery] = await store.outbox.deliveries(key, version)
      if (acknowledged === 'delivered') assert.equal(delivery?.status, 'delivered')
      if (acknowledged === 'waiting') assert.ok(delivery !== undefined)
    }
  }

  #heard(writer: string, n: number): void {
    const numbers = this.observations.get(writer) ?? new Set()
    this.observations.set(writer, numbers.add(n))
    this.next = Math.max(this.next, n + 1)
  }
}
