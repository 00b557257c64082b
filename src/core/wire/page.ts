import { Type, type TSchema } from 'typebox'
import { limits } from '../entities/defaults.ts'

/** A page's metadata as every list shows it (reference, section 3). */
export interface Metadata {
  readonly count: number
  readonly limit: number | null
  readonly marker: string | null
  readonly next_marker: string | null
  readonly next_href: string | null
}
export interface Envelope<T> { readonly values: readonly T[]; readonly metadata: Metadata }

export interface PageQuery { readonly limit: number; readonly marker?: string }

/** Where a list stands: its absolute address without query, and the query that was asked, in order. */
export interface Place { readonly url: string; readonly query: readonly (readonly [string, string])[] }

/** A page of a list; `next` is the id of the first item that did not fit. The next address keeps limit and filters. */
export function envelope<T>(values: readonly T[], next: string | null, asked: PageQuery, place: Place): Envelope<T> {
  const kept = place.query.filter(([key]) => key !== 'limit' && key !== 'marker')
  const query = [['limit', String(asked.limit)], ['marker', next ?? ''], ...kept]
  const href = next === null ? null : `${place.url}?${query.map(([key, value]) => `${encodeURIComponent(key ?? '')}=${encodeURIComponent(value ?? '')}`).join('&')}`
  return { values, metadata: { count: values.length, limit: asked.limit, marker: asked.marker ?? null, next_marker: next, next_href: href } }
}

/** A list that always comes whole. */
export function whole<T>(values: readonly T[]): Envelope<T> {
  return { values, metadata: { count: values.length, limit: null, marker: null, next_marker: null, next_href: null } }
}

/** The page of a list that is in memory, sorted by its ids in byte order. */
export function pageOf<T>(all: readonly T[], idOf: (item: T) => string, { limit, marker = '' }: PageQuery): { readonly values: readonly T[]; readonly next: string | null } {
  const rest = all.filter((item) => idOf(item) >= marker)
  const first = rest[limit]
  return { values: rest.slice(0, limit), next: first === undefined ? null : idOf(first) }
}

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export function listOf<T extends TSchema>(item: T) {
  return Type.Object({
    values: Type.Array(item),
    metadata: Type.Object({
      count: Type.Integer({ minimum: 0 }), limit: orNull(Type.Integer({ minimum: 1, maximum: limits.page })), marker: orNull(Type.String()),
      next_marker: orNull(Type.String()), next_href: orNull(Type.String()),
    }),
  })
}
