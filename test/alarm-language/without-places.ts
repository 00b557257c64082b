/** A copy in which nothing says where it stood. */
export function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'place').map(([key, inner]) => [key, withoutPlaces(inner)]))
}
