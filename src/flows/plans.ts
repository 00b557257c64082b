import { compileText, type Compiled } from '../core/alarm-language/index.ts'
import type { AlarmKey, Rule } from '../core/alarm-row.ts'
import { fingerprint, ruleOf, type TypeFacts } from '../core/consensus/rule.ts'
import type { Alarm, Check, Entity } from '../core/entities/resources.ts'
import type { ConfigurationRepository, EntityTree, Stored } from '../contracts/configuration.ts'

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

const nothing: EntityPlan = new Map()
const unknownType: TypeFacts = { category: 'remote', consecutiveCount: 1 }

/**
 * Compiled configuration by entity. A plan may be older than the store's by the time a change needs to arrive; the alarm
 * row's generation tells, and `reload` reads again.
 */
export class Plans {
  readonly #configuration: ConfigurationRepository
  readonly #types: TypeTable
  readonly #plans = new Map<string, Promise<EntityPlan>>()

  constructor(configuration: ConfigurationRepository, types: TypeTable) {
    this.#configuration = configuration
    this.#types = types
  }

  /** Drops plans as configuration changes on this node; ends when aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    for await (const { tenant, entity } of this.#configuration.changes(signal)) {
      if (entity !== undefined) this.forget(tenant, entity)
    }
  }

  forget(tenant: string, entity: string): void {
    this.#plans.delete(`${tenant}/${entity}`)
  }

  /** The checks of an entity by id; empty when there is no such entity. */
  async of(tenant: string, entity: string): Promise<EntityPlan> {
    const name = `${tenant}/${entity}`
    const known = this.#plans.get(name)
    if (known !== undefined) return known
    const loading = this.#load(tenant, entity)
    this.#plans.set(name, loading)
    try {
      return await loading
    } catch (error) {
      this.#plans.delete(name)
      throw error
    }
  }

  async reload(tenant: string, entity: string): Promise<EntityPlan> {
    this.forget(tenant, entity)
    return this.of(tenant, entity)
  }

  async #load(tenant: string, entity: string): Promise<EntityPlan> {
    const tree = await this.#configuration.tree(tenant, entity)
    if (tree === undefined) return nothing
    return new Map(tree.checks.map((check) => [check.id, planOf(tenant, tree, check, this.#types.get(check.value.type) ?? unknownType)]))
  }
}

function planOf(tenant: string, tree: EntityTree, check: Stored<'check'>, type: TypeFacts): CheckPlan {
  const alarms = tree.alarms.filter((alarm) => alarm.value.check_id === check.id).map((alarm): AlarmPlan => {
    const criteria = compiled(alarm.value.criteria)
    return {
      key: { tenant, entity: tree.entity.id, alarm: alarm.id }, entity: tree.entity.value, check: check.value, alarm: alarm.value,
      criteria, fingerprint: fingerprint(alarm.value.criteria), rule: ruleOf(check.value, alarm.value, criteria, type),
      generation: alarm.version + check.version,
    }
  })
  return { entity: tree.entity.value, check: check.value, alarms }
}

/** Criteria are checked when they are saved; what an older version accepted and this one does not falls back to availability. */
function compiled(text: string | null): Compiled {
  const result = compileText(text)
  if (result.ok) return result.compiled
  const fallback = compileText(null)
  if (fallback.ok) return fallback.compiled
  throw new Error('empty criteria do not compile')
}
