import assert from 'node:assert/strict'

type Json = Readonly<Record<string, unknown>>
interface Page { readonly values: readonly Json[]; readonly metadata: { readonly next_marker: string | null } }

/** An error as clients of the original read it: on every 400 they look all four keys up. */
export class ServiceError extends Error {
  readonly status: number
  readonly type: string
  readonly details: unknown
  constructor(status: number, body: Json) {
    for (const key of ['type', 'code', 'message', 'details']) assert.ok(key in body, `an error without ${key}`)
    super(String(body.message))
    this.status = status
    this.type = String(body.type)
    this.details = body.details
  }
}

/**
 * A client as people wrote them against the original service, by what is known of its clients (reference, section 25):
 * it signs in, finds the address in the catalogue, leaves out what is empty, reads ids from Location in pairs, pages by
 * next_marker, and takes anything but 204 for a failed change.
 */
export class OriginalClient {
  readonly #base: string
  readonly #token: string

  private constructor(base: string, token: string) {
    this.#base = base
    this.#token = token
  }

  static async signIn(identity: string, username: string, apiKey: string): Promise<OriginalClient> {
    const response = await fetch(`${identity}/v2.0/tokens`, {
      method: 'POST', headers: { 'content-type': 'application/json; charset=UTF-8' },
      body: JSON.stringify({ auth: { 'RAX-KSKEY:apiKeyCredentials': { username, apiKey } } }),
    })
    assert.equal(response.status, 200)
    // The shape of the answer is what this client relies on; where it is another one, the next lines throw.
    const { access } = await response.json() as { access: { token: { id: string; tenant: { id: string } }; serviceCatalog: readonly { name: string; endpoints: readonly Json[] }[] } }
    const [endpoint] = access.serviceCatalog.find((one) => one.name === 'cloudMonitoring')?.endpoints ?? []
    assert.ok(endpoint !== undefined && !('region' in endpoint), 'one endpoint without a region')
    return new OriginalClient(String(endpoint.publicURL), access.token.id)
  }

  async get(path: string): Promise<Json> {
    const response = await this.#send('GET', path)
    assert.equal(response.status, 200, path)
    return await response.json() as Json
  }

  /** Every item of a list, a page after the other, asking with the marker alone as old clients do. */
  async list(path: string, limit?: number): Promise<readonly Json[]> {
    const all: Json[] = []
    let marker: string | null = null
    do {
      const query = new URLSearchParams({ ...(limit === undefined ? {} : { limit: String(limit) }), ...(marker === null ? {} : { marker }) })
      const page = await this.get(`${path}?${query.toString()}`) as unknown as Page
      assert.ok('next_marker' in page.metadata, 'a list without next_marker')
      all.push(...page.values)
      marker = page.metadata.next_marker
    } while (marker !== null)
    return all
  }

  /** Creates, and reads the new object's ids from its Location. */
  async create(path: string, attributes: Json, who?: string, why?: string): Promise<Readonly<Record<string, string>>> {
    const response = await this.#send('POST', path + whoAndWhy(who, why), withoutEmpty(attributes))
    assert.equal(response.status, 201, path)
    assert.equal(await response.text(), '')
    return this.#ids(response)
  }

  async update(path: string, attributes: Json, who?: string, why?: string): Promise<Readonly<Record<string, string>>> {
    const response = await this.#send('PUT', path + whoAndWhy(who, why), withoutEmpty(attributes))
    assert.equal(response.status, 204, path)
    return this.#ids(response)
  }

  async delete(path: string): Promise<void> {
    const response = await this.#send('DELETE', path)
    assert.equal(response.status, 204, path)
  }

  async run(path: string, body?: unknown): Promise<unknown> {
    const response = await this.#send('POST', path, body)
    assert.equal(response.status, 200, path)
    return response.json()
  }

  async #send(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(this.#base + path, {
      method, headers: { 'x-auth-token': this.#token, accept: 'application/json', 'content-type': 'application/json; charset=UTF-8' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (response.status >= 400 && response.status !== 409) throw new ServiceError(response.status, await response.json() as Json)
    return response
  }

  /** /v1.0/TENANT/entities/enX/checks/chY → { entities: enX, checks: chY }: in pairs from the third part on. */
  #ids(response: Response): Readonly<Record<string, string>> {
    const location = response.headers.get('location')
    assert.ok(location !== null, 'no Location')
    const parts = new URL(location).pathname.split('/').filter((part) => part !== '').slice(2)
    const ids = Object.fromEntries(parts.flatMap((part, at) => (at % 2 === 0 ? [[part, parts[at + 1] ?? '']] : [])))
    if (parts.length % 2 === 0) assert.equal(response.headers.get('x-object-id'), parts.at(-1))
    return ids
  }
}

/** What is false, null or empty is not sent, whatever it would have meant. */
function withoutEmpty(attributes: Json): Json {
  const isEmpty = (value: unknown) => value === null || value === undefined || value === false || value === 0 || value === '' || (typeof value === 'object' && Object.keys(Object(value)).length === 0)
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => !isEmpty(value)))
}

function whoAndWhy(who?: string, why?: string): string {
  const query = new URLSearchParams({ ...(who === undefined ? {} : { _who: who }), ...(why === undefined ? {} : { _why: why }) }).toString()
  return query === '' ? '' : `?${query}`
}
