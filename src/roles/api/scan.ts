import type { ConfigurationRepository, EntityTree, Kind, Partition, Stored } from '../../contracts/configuration.ts'

const pageSize = 500

/** Every row of a kind in a partition, a page at a time. */
export async function* everyRow<K extends Kind>(configuration: ConfigurationRepository, kind: K, partition: Partition): AsyncGenerator<Stored<K>> {
  let marker: string | null = ''
  while (marker !== null) {
    const page: { readonly values: readonly Stored<K>[]; readonly next: string | null } = await configuration.list(kind, partition, { limit: pageSize, ...(marker === '' ? {} : { marker }) })
    yield* page.values
    marker = page.next
  }
}

/** Every entity of a tenant with its checks and alarms, one after the other. */
export async function* everyTree(configuration: ConfigurationRepository, tenant: string): AsyncGenerator<EntityTree> {
  for await (const entity of everyRow(configuration, 'entity', { tenant })) {
    const tree = await configuration.tree(tenant, entity.id)
    if (tree !== undefined) yield tree
  }
}
