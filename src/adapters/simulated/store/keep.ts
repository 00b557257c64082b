/**
 * A copy that nobody can change: what goes into the store shares no memory with its caller, and what comes out may be
 * handed to everyone.
 */
export function keep<T>(value: T): T {
  return freeze(structuredClone(value))
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) freeze(part)
  return Object.freeze(value)
}
