import type { Kind, Partition, Stored } from '../../contracts/configuration.ts'
import { envelope, type PageQuery } from '../../core/wire/page.ts'
import type { Api } from './api.ts'
import { value, type Call, type Reply } from './types.ts'

/** The page that a request asks for; its route's schema has read the query. */
export function pageQuery({ query }: Call): PageQuery & { readonly ids?: readonly string[] } {
  const { limit, marker, id } = query as { limit: number; marker?: string; id?: readonly string[] }
  return { limit, ...(marker === undefined ? {} : { marker }), ...(id === undefined ? {} : { ids: id }) }
}

/** A page of stored objects as an answer. */
export async function listed<K extends Kind>({ configuration }: Api, call: Call, kind: K, partition: Partition, show: (row: Stored<K>) => unknown): Promise<Reply> {
  const asked = pageQuery(call)
  const page = await configuration.list(kind, partition, asked)
  return value(envelope(page.values.map(show), page.next, asked, call.place))
}
