import type { ConfigurationRepository } from '../contracts/configuration.ts'
import type { Token } from '../core/entities/resources.ts'

/** Notes lie among the tokens that belong to all, under ids that no token's text has: nobody can sign in with one, no account sees it. */
const place = { tenant: '' }

/** The text of a note; undefined when there is none. */
export async function noteOf(configuration: ConfigurationRepository, id: string): Promise<string | undefined> {
  return (await configuration.get('token', place, id))?.value.label ?? undefined
}

/** Leaves a note for all processes of a store, unless there is one: what stands then. */
export async function leaveNote(configuration: ConfigurationRepository, id: string, text: string, now: number): Promise<string> {
  const standing = await noteOf(configuration, id)
  if (standing !== undefined) return standing
  const value: Token = { hash: id, tenant: '', user: '', roles: [], label: text, expires_at: null, created_at: now }
  return await configuration.commit(place, [{ kind: 'token', id, expected: 0, value }]) === 'applied' ? text : await noteOf(configuration, id) ?? text
}

/** The texts of all notes whose ids begin with `prefix`. */
export async function notesOf(configuration: ConfigurationRepository, prefix: string): Promise<readonly string[]> {
  const { values } = await configuration.list('token', place, { limit: 1000, marker: prefix })
  return values.flatMap(({ id, value }) => (id.startsWith(prefix) && value.label !== null ? [value.label] : []))
}
