import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { noFaults } from '../adapters/simulated/store/line.ts'
import { StoreUnavailable } from '../contracts/errors.ts'
import { Checker } from '../../test/system/checker.ts'
import { recompute } from '../core/consensus/decide.ts'
import type { ObservationKind } from '../core/observation.ts'
import { byCode, key, Stage, types, zones, type StageNode } from './stage.suite.ts'

type Code = '200' | '404' | '500' | 'down'
type Step =
  | { readonly act: 'see'; readonly node: number; readonly zone: string; readonly code: Code; readonly kind: ObservationKind; readonly late: number; readonly stressed: boolean; readonly twice: boolean }
  | { readonly act: 'wait'; readonly ms: number }
  | { readonly act: 'store'; readonly lose: number; readonly refuse: number; readonly latency: number }
  | { readonly act: 'lose'; readonly operation: string; readonly fate: 'now' | 'later' | 'never' }
  | { readonly act: 'pause' | 'kill' | 'sweep' | 'clock'; readonly node: number; readonly ms: number }
  | { readonly act: 'configure'; readonly node: number; readonly what: number }

const node = fc.nat(1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({
    act: fc.constant('see'), node, zone: fc.constantFrom(...zones), code: fc.constantFrom<Code>('200', '404', '500', 'down'), kind: fc.constantFrom('scheduled', 'scheduled', 'confirming'),
    late: fc.oneof(fc.constant(0), fc.nat(120_000)), stressed: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }), twice: fc.boolean(),
  }) },
  { weight: 6, arbitrary: fc.record({ act: fc.constant('wait'), ms: fc.oneof(fc.nat(50), fc.nat(5000), fc.nat(60_000)) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('store'), lose: fc.constantFrom(0, 0, 0.3), refuse: fc.constantFrom(0, 0, 0.2), latency: fc.constantFrom(0, 20, 400, 1500) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('lose'), operation: fc.constantFrom('ledger.commit', 'outbox.intend', 'outbox.enqueue', 'outbox.settle'), fate: fc.constantFrom('now', 'later', 'never') }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('pause', 'kill', 'sweep', 'sweep', 'clock'), node, ms: fc.nat(30_000) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('configure'), node, what: fc.nat(6) }) },
)

/** Two deciders on one alarm, and whatever may happen to them. */
class Play {
  readonly stage: Stage
  readonly nodes: StageNode[]
  readonly checker = new Checker(types)
  readonly #pending: Promise<unknown>[] = []

  constructor(seed: number) {
    this.stage = new Stage(seed)
    this.nodes = [this.stage.node(), this.stage.node()]
  }

  async step(step: Step): Promise<void> {
    const { stage } = this
    switch (step.act) {
      case 'see': return this.#see(step)
      case 'wait': return stage.clock.advance(step.ms)
      case 'store': {
        Object.assign(stage.store.faults, { lose: step.lose, refuse: step.refuse, latency: [step.latency / 10, step.latency] })
        return
      }
      case 'lose': return stage.store.loseNext(step.operation, step.fate)
      case 'pause': return this.#node(step.node).clock.pause(step.ms)
      case 'clock': return this.#node(step.node).clock.jump(step.ms % 1500)
      case 'sweep': return this.#start(this.#sweep(this.#node(step.node)))
      case 'kill': {
        this.#node(step.node).clock.kill()
        this.nodes[step.node] = stage.node()
        return this.#start(this.#node(step.node).sweep.recover(new AbortController().signal))
      }
      case 'configure': return this.#configure(this.#node(step.node), step.what)
    }
  }

  /** Everything works again, and three zones see the same for three minutes. */
  async mend(code: Code): Promise<void> {
    Object.assign(this.stage.store.faults, noFaults)
    await this.stage.clock.advance(130_000)
    for (let minute = 0; minute < 4; minute++) {
      await this.stage.clock.advance(60_000)
      for (const zone of zones) this.#see({ act: 'see', node: minute % 2, zone, code, kind: 'scheduled', late: 0, stressed: false, twice: false })
      for (const one of this.nodes) this.#start(this.#sweep(one))
    }
    for (let round = 0; round < 4; round++) {
      await this.stage.clock.advance(15_000)
      for (const one of this.nodes) this.#start(this.#sweep(one))
    }
    await this.stage.clock.advance(5000)
    this.checker.read(this.stage.store.history)
    this.checker.quiet(this.stage.clock.now())
  }

  #node(index: number): StageNode {
    return this.nodes[index]! // there are two
  }

  #see({ node: index, zone, code, kind, late, stressed, twice }: Step & { act: 'see' }): void {
    const at = this.stage.clock.now() - late
    const seen = this.stage.sees(zone, code, { at, slot: Math.floor(at / 60_000) * 60_000, kind, stressed: stressed ? 'late' : null })
    for (const one of twice ? [index, 1 - index] : [index]) this.#start(this.#node(one).ingest.take([seen], late === 0, [late]))
  }

  async #sweep(one: StageNode): Promise<void> {
    await one.sweep.awake(70_000)
    await one.sweep.round(new AbortController().signal, 70_000)
  }

  async #configure(one: StageNode, what: number): Promise<void> {
    const { stage } = this
    const { faults } = stage.store
    const kept = { ...faults }
    Object.assign(faults, noFaults)
    const changes = [{ disabled: true }, { disabled: false }, { criteria: byCode }, { criteria: `:set consecutiveCount=2\n${byCode}` }, { criteria: `:set consistencyLevel=ONE\n${byCode}` }, null, {}]
    try {
      await stage.change(stage.node(), 'alarm', changes[what] ?? null)
    } catch (error) {
      // What is deleted cannot be deleted again; and rows that are not brought in line are left to the others.
      if (!(error instanceof StoreUnavailable) && !String(error).includes('the configuration stands')) throw error
    }
    Object.assign(faults, kept)
    this.#start(one.sweep.recover(new AbortController().signal))
  }

  /** It goes on while other things happen; of what fails the next try tells. */
  #start(work: Promise<unknown>): void {
    this.#pending.push(Promise.allSettled([work]))
  }
}

const steps = fc.array(step, { minLength: 40, maxLength: 160 })

test('whatever happens to two deciders and their store, the laws of deciding hold', async () => {
  let changes = 0
  await fc.assert(fc.asyncProperty(fc.integer(), steps, fc.constantFrom<Code>('200', '500', '404'), async (seed, all, code) => {
    const play = new Play(seed)
    await play.stage.setUp(play.nodes[0]!) // there are two
    for (const one of all) await play.step(one)
    await play.mend(code)
    assert.deepEqual(play.checker.problems.map(({ law, version, what }) => `${law}: @${version} ${what}`), [])
    const entries = await play.stage.entries()
    assert.deepEqual(entries.map((entry) => entry.version), entries.map((_, index) => index + 1))
    for (const { inputs, state } of entries) if (inputs !== null) assert.equal(recompute(inputs).state, state)
    await everyoneIsTold(play.stage)
    const row = await play.stage.row()
    const configured = await play.stage.run(play.stage.store.configuration.get('alarm', { tenant: key.tenant, entity: key.entity }, key.alarm))
    assert.equal(row.deleted, configured === undefined)
    if (configured !== undefined) assert.equal(row.state, configured.value.disabled ? 'DISABLED' : ({ 200: 'OK', 500: 'CRITICAL', 404: 'WARNING', down: 'CRITICAL' } as const)[code])
    changes += entries.filter((entry) => entry.kind === 'state').length
  }), { numRuns: 100, endOnFailure: true })
  assert.ok(changes > 100)
})

/** Each change that tells somebody has its deliveries, and no intent is left. */
async function everyoneIsTold(stage: Stage): Promise<void> {
  for (const entry of await stage.entries()) {
    const made = await stage.run(stage.store.outbox.deliveries(key, entry.version))
    assert.equal(made.length, entry.notifications.length, `version ${entry.version}`)
  }
  assert.deepEqual(await stage.run(stage.store.outbox.intents(Number.POSITIVE_INFINITY, 10)), [])
}
