import type { WhoAmI } from '../wire.ts'

export interface Session extends WhoAmI { readonly token: string }

const place = 'vedette.session'

/** Kept for this tab only, and gone with it. */
export function savedSession(): Session | undefined {
  try {
    const text = sessionStorage.getItem(place)
    // Only `save` writes here.
    return text === null ? undefined : JSON.parse(text) as Session
  } catch {
    return undefined
  }
}

export function save(session: Session | undefined): void {
  if (session === undefined) sessionStorage.removeItem(place)
  else sessionStorage.setItem(place, JSON.stringify(session))
}

/** A first start prints a link with `#token=…`: the token leaves the address bar before anything else happens. */
export function tokenInAddress(): string | undefined {
  if (!location.hash.startsWith('#token=')) return undefined
  const token = decodeURIComponent(location.hash.slice('#token='.length))
  history.replaceState(null, '', location.pathname)
  return token
}

/** The session of a token, or undefined when the server does not know it. */
export async function sessionOf(token: string): Promise<Session | undefined> {
  const response = await fetch('/console/whoami', { headers: { 'x-auth-token': token } })
  if (response.status === 401) return undefined
  if (!response.ok) throw new Error(`The server answered ${response.status}`)
  const { tenant, user, roles } = await response.json() as WhoAmI
  return { token, tenant, user, roles }
}

/** Signs in by user and API key, or by user and password where the key is refused. */
export async function signIn(username: string, secret: string): Promise<Session | undefined> {
  const token = await identity({ 'RAX-KSKEY:apiKeyCredentials': { username, apiKey: secret } })
    ?? await identity({ passwordCredentials: { username, password: secret } })
  return token === undefined ? undefined : sessionOf(token)
}

async function identity(auth: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  const response = await fetch('/v2.0/tokens', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ auth }) })
  if (response.status >= 400 && response.status < 500) return undefined
  if (!response.ok) throw new Error(`The server answered ${response.status}`)
  const reply = await response.json() as { readonly access?: { readonly token?: { readonly id?: string } } }
  return reply.access?.token?.id
}

/** Whether this person may make and change things. */
export const mayChange = (session: Session): boolean => session.roles.some((role) => /(^|:)(admin|creator)$/.test(role))
export const mayDelete = (session: Session): boolean => session.roles.some((role) => /(^|:)admin$/.test(role))
