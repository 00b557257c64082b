import type { Kind, Partition, Stored } from '../../contracts/configuration.ts'

/** All live rows of the configuration in memory, each list in the order of its ids. */
export class ConfigurationMirror {
  readonly #lists = new Map<string, Stored[]>()

  get<K extends Kind>(kind: K, partition: Partition, id: string): Stored<K> | undefined {
    const list = this.#lists.get(listKey(kind, partition))
    const found = list?.[placeOf(list, id)]
    // Each list holds rows of its own kind only.
    return found?.id === id ? (found as Stored<K>) : undefined
  }

  /** Rows of one kind, by id; entities are listed by their tenant. */
  list<K extends Kind>(kind: K, partition: Partition): readonly Stored<K>[] {
    // Each list holds rows of its own kind only; the map cannot say so.
    return (this.#lists.get(listKey(kind, partition)) ?? []) as readonly Stored[] as readonly Stored<K>[]
  }

  put(stored: Stored): void {
    const key = listKey(stored.kind, stored.partition)
    const list = this.#lists.get(key) ?? []
    const place = placeOf(list, stored.id)
    list.splice(place, list[place]?.id === stored.id ? 1 : 0, stored)
    this.#lists.set(key, list)
  }

  remove(kind: Kind, partition: Partition, id: string): void {
    const key = listKey(kind, partition)
    const list = this.#lists.get(key) ?? []
    const place = placeOf(list, id)
    if (list[place]?.id === id) list.splice(place, 1)
    if (list.length === 0) this.#lists.delete(key)
  }

  /** All checks of all entities, with their entity, in no promised order. */
  *checks(): Generator<{ entity: Stored<'entity'>; check: Stored<'check'> }> {
    for (const [key, list] of this.#lists) {
      if (!key.startsWith('check\0')) continue
      // By its key, this is a list of checks.
      for (const check of list as Stored<'check'>[]) {
        const entity = this.get('entity', check.partition, check.partition.entity ?? '')
        if (entity !== undefined) yield { entity, check }
      }
    }
  }
}

function listKey(kind: Kind, { tenant, entity }: Partition): string {
  return `${kind}\0${tenant}\0${kind === 'entity' ? '' : (entity ?? '')}`
}

/** Where `id` stands in a sorted list, or would stand. */
function placeOf(list: readonly Stored[], id: string): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (list[middle]!.id < id) low = middle + 1
    else high = middle
  }
  return low
}
