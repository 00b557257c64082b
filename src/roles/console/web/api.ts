import type { Session } from './session.ts'

/** An answer of the API that is no success, in its own words. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly type: string
  readonly details: unknown
  constructor(status: number, body: { readonly type?: string; readonly message?: string; readonly details?: unknown }) {
    const details = typeof body.details === 'string' ? `: ${body.details}` : ''
    super(`${body.message ?? `The server answered ${status}`}${details}`)
    this.status = status
    this.type = body.type ?? ''
    this.details = body.details
  }
}

/** What a request may say; headers as a plain record, so that the token can join them. */
interface Ask { readonly method?: string; readonly body?: string; readonly signal?: AbortSignal; readonly headers?: Readonly<Record<string, string>> }

export interface List<T> { readonly values: readonly T[]; readonly metadata: { readonly next_marker: string | null } }

/** The v1.0 API as one signed-in person uses it. Paths are relative to the tenant. */
export class Api {
  readonly session: Session
  readonly #refused: () => void

  /** `refused` is called when the token is not valid any more. */
  constructor(session: Session, refused: () => void) {
    this.session = session
    this.#refused = refused
  }

  /** The answer of the server, whatever it streams. */
  async open(path: string, init: Ask = {}): Promise<Response> {
    const { token, tenant } = this.session
    const response = await fetch(`/v1.0/${encodeURIComponent(tenant)}/${path}`, { ...init, headers: { ...init.headers, 'x-auth-token': token } })
    if (response.ok) return response
    if (response.status === 401) this.#refused()
    throw new ApiError(response.status, await bodyOf(response))
  }

  // What the API answers is described by its own document; the callers name the type that they ask for.
  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return await (await this.open(path, signal === undefined ? {} : { signal })).json() as T
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return await (await this.#send('POST', path, body)).json() as T
  }

  /** The new object's id. */
  async create(path: string, body: unknown): Promise<string> {
    return (await this.#send('POST', path, body)).headers.get('x-object-id') ?? ''
  }

  async update(path: string, body: unknown): Promise<void> {
    await this.#send('PUT', path, body)
  }

  async remove(path: string): Promise<void> {
    await this.open(path, { method: 'DELETE' })
  }

  /** All pages of a list. */
  async all<T>(path: string): Promise<readonly T[]> {
    const values: T[] = []
    let marker = ''
    do {
      const page = await this.get<List<T>>(`${path}${path.includes('?') ? '&' : '?'}limit=1000${marker === '' ? '' : `&marker=${marker}`}`)
      values.push(...page.values)
      marker = page.metadata.next_marker ?? ''
    } while (marker !== '')
    return values
  }

  async #send(method: string, path: string, body: unknown): Promise<Response> {
    return this.open(path, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  }
}

async function bodyOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await response.json() as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}
