import { compileText, type Compiled } from '../core/alarm-language/index.ts'
import type { AlarmKey, Rule } from '../core/alarm-row.ts'
import { fingerprint, ruleOf, type TypeFacts } from '../core/consensus/rule.ts'
import type { Alarm, Check, Entity } from '../core/entities/resources.ts'
import type { ConfigurationRepository, Stored } from '../contracts/configuration.ts'

/** One alarm with everything that deciding it needs, compiled once per configuration. */
export interface AlarmPlan {
  readonly key: AlarmKey
  readonly entity: Entity
  readonly check: Check
  readonly alarm: Alarm
  readonly criteria: Compiled
  readonly fingerprint: string
  readonly rule: Rule
  /** rises with every change of the alarm or its check */
  readonly generation: number
}

export interface CheckPlan { readonly entity: Entity; readonly check: Check; readonly alarms: readonly AlarmPlan[] }
export type EntityPlan = ReadonlyMap<string, CheckPlan>

/** The facts of each check type that deciding needs, by type name. */
export type TypeTable = ReadonlyMap<string, TypeFacts>

/** What is known of an entity: its plan, its alarms by id, and how often everything had been doubted when it was read. */
interface Known { readonly plan: EntityPlan; readonly alarms: ReadonlyMap<string, AlarmPlan>; readonly doubts: number }

const nothing: EntityPlan = new Map()
const unknownType: TypeFacts = { category: 'remote', consecutiveCount: 1 }

/**
 * Compiled configuration by entity. A plan may be older than the store's by the time a change needs to arrive; the alarm
 * row's generation tells, and `reload` reads again. Of an alarm that another node added no row of ours tells: for that
 * all plans are doubted every now and then. Entities that do not exist are not remembered.
 */
export class Plans {
  readonly #configuration: ConfigurationRepository
  readonly #types: TypeTable
  readonly #known = new Map<string, Known>()
  readonly #loading = new Map<string, Promise<Known | undefined>>()
  #doubts = 0

  constructor(configuration: ConfigurationRepository, types: TypeTable) {
    this.#configuration = configuration
    this.#types = types
  }

  /** How many entities are remembered. */
  get size(): number {
    return this.#known.size
  }

  /** Drops plans as configuration changes on this node; ends when aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    for await (const { tenant, entity } of this.#configuration.changes(signal)) {
      if (entity !== undefined) this.forget(tenant, entity)
    }
  }

  forget(tenant: string, entity: string): void {
    const name = nameOf(tenant, entity)
    this.#known.delete(name)
    // What is being read now may be older than what made us forget.
    this.#loading.delete(name)
  }

  /** Every plan is read again before it is used again. */
  doubt(): void {
    this.#doubts += 1
  }

  /** The checks of an entity by id; empty when there is no such entity. */
  async of(tenant: string, entity: string): Promise<EntityPlan> {
    return this.#undoubted(nameOf(tenant, entity))?.plan ?? (await this.#load(tenant, entity))?.plan ?? nothing
  }

  /** An alarm as it is configured; undefined when it is not. */
  async alarm({ tenant, entity, alarm }: AlarmKey): Promise<AlarmPlan | undefined> {
    const known = this.#undoubted(nameOf(tenant, entity)) ?? (await this.#load(tenant, entity))
    return known?.alarms.get(alarm)
  }

  async reload(tenant: string, entity: string): Promise<EntityPlan> {
    this.#loading.delete(nameOf(tenant, entity))
    return (await this.#load(tenant, entity))?.plan ?? nothing
  }

  #undoubted(name: string): Known | undefined {
    const known = this.#known.get(name)
    return known?.doubts === this.#doubts ? known : undefined
  }

  /** Reads an entity; whoever asks meanwhile waits for the same answer. */
  async #load(tenant: string, entity: string): Promise<Known | undefined> {
    const name = nameOf(tenant, entity)
    const loading = this.#loading.get(name) ?? this.#read(tenant, entity)
    this.#loading.set(name, loading)
    try {
      const known = await loading
      if (this.#loading.get(name) === loading) this.#keep(name, known)
      return known
    } finally {
      if (this.#loading.get(name) === loading) this.#loading.delete(name)
    }
  }

  #keep(name: string, known: Known | undefined): void {
    if (known === undefined) this.#known.delete(name)
    else this.#known.set(name, known)
  }

  async #read(tenant: string, entity: string): Promise<Known | undefined> {
    const doubts = this.#doubts
    const tree = await this.#configuration.tree(tenant, entity)
    if (tree === undefined) return undefined
    const before = this.#known.get(nameOf(tenant, entity))
    const alarms = Map.groupBy(tree.alarms, (alarm) => alarm.value.check_id)
    const plan = new Map(tree.checks.map((check) => [check.id, checkPlan(tenant, tree.entity.value, check, alarms.get(check.id) ?? [], this.#types.get(check.value.type) ?? unknownType, before)]))
    return { plan, alarms: new Map([...plan.values()].flatMap((check) => check.alarms).map((alarm) => [alarm.key.alarm, alarm])), doubts }
  }
}

const nameOf = (tenant: string, entity: string) => `${tenant}/${entity}`

function checkPlan(tenant: string, entity: Entity, check: Stored<'check'>, alarms: readonly Stored<'alarm'>[], type: TypeFacts, before: Known | undefined): CheckPlan {
  return {
    entity, check: check.value,
    alarms: alarms.map((alarm): AlarmPlan => {
      const known = before?.alarms.get(alarm.id)
      const criteria = known?.alarm.criteria === alarm.value.criteria ? known.criteria : compiled(alarm.value.criteria)
      return {
        key: { tenant, entity: entity.id, alarm: alarm.id }, entity, check: check.value, alarm: alarm.value, criteria,
        fingerprint: fingerprint(alarm.value.criteria), rule: ruleOf(check.value, alarm.value, criteria, type), generation: alarm.version + check.version,
      }
    }),
  }
}

/** Criteria are checked when they are saved; what an older version accepted and this one does not falls back to availability. */
function compiled(text: string | null): Compiled {
  const result = compileText(text)
  if (result.ok) return result.compiled
  const fallback = compileText(null)
  if (fallback.ok) return fallback.compiled
  throw new Error('empty criteria do not compile')
}
