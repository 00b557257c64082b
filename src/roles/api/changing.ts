import type { ConfigurationChange, ConfigurationRepository, Kind, Kinds, Partition, Stored } from '../../contracts/configuration.ts'
import { newId, type IdKind } from '../../core/entities/ids.ts'
import { notFound, Refusal } from '../../core/wire/errors.ts'
import type { ApiDeps } from './types.ts'

type Changing = Pick<ApiDeps, 'configuration' | 'random'> & { readonly settings: Pick<ApiDeps['settings'], 'attempts'> }

/**
 * Makes a change that others may make at the same time: `attempt` reads, decides and commits, and is called again when
 * its commit met another one. After so many attempts the client hears that it may try again; never 409, which clients
 * of the original take for success.
 */
export async function settle<T>({ settings }: Changing, attempt: () => Promise<{ readonly outcome: 'applied' | 'conflict'; readonly result: T }>): Promise<T> {
  for (let count = 0; count < settings.attempts; count++) {
    const { outcome, result } = await attempt()
    if (outcome === 'applied') return result
  }
  throw new Refusal('systemFailureError', 'The object is being changed by others', 'Try again', 1)
}

/** Stores a new object under an id of its own. */
export async function create<K extends Kind>(deps: Changing, kind: K, idKind: IdKind, partition: (id: string) => Partition, build: (id: string) => Kinds[K]): Promise<string> {
  return settle(deps, async () => {
    const id = newId(idKind, deps.random.bytes(8))
    return { outcome: await deps.configuration.commit(partition(id), [change(kind, id, 0, build(id))]), result: id }
  })
}

/** Reads an object, makes its successor and stores it in its place; `next` may refuse. */
export async function update<K extends Kind>(deps: Changing, kind: K, partition: Partition, id: string, name: string, next: (standing: Kinds[K]) => Kinds[K] | Promise<Kinds[K]>): Promise<void> {
  await settle(deps, async () => {
    const standing = await demand(deps.configuration, kind, partition, id, name)
    return { outcome: await deps.configuration.commit(partition, [change(kind, id, standing.version, await next(standing.value))]), result: undefined }
  })
}

/** Removes an object; `allowed` may refuse. */
export async function remove<K extends Kind>(deps: Changing, kind: K, partition: Partition, id: string, name: string, allowed: (standing: Kinds[K]) => void | Promise<void> = () => {}): Promise<void> {
  await settle(deps, async () => {
    const standing = await demand(deps.configuration, kind, partition, id, name)
    await allowed(standing.value)
    return { outcome: await deps.configuration.commit(partition, [change(kind, id, standing.version, null)]), result: undefined }
  })
}

/** The object, or 404; `name` is what the answer calls it. */
export async function demand<K extends Kind>(configuration: ConfigurationRepository, kind: K, partition: Partition, id: string, name: string): Promise<Stored<K>> {
  const found = await configuration.get(kind, partition, id)
  if (found === undefined) throw notFound(name, ...(partition.entity === undefined || kind === 'entity' ? [] : [partition.entity]), id)
  return found
}

export function change<K extends Kind>(kind: K, id: string, expected: number, value: Kinds[K] | null): ConfigurationChange {
  // Kind and value belong together by K; the union of changes says the same case by case.
  return { kind, id, expected, value } as ConfigurationChange
}
