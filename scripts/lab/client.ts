/** The API as scripts use it; throws with the answer's text when the status is another than expected. */
export interface ApiClient {
  readonly base: string
  readonly token: string
  create(path: string, body: unknown): Promise<string>
  update(path: string, body: unknown): Promise<void>
  get<T>(path: string): Promise<T>
  /** all pages of a list */
  all<T>(path: string): Promise<readonly T[]>
}

interface Page<T> { readonly values: readonly T[]; readonly metadata: { readonly next_href: string | null } }

export function apiClient(base: string, token: string): ApiClient {
  async function ask(method: string, url: string, expected: number, body?: unknown): Promise<Response> {
    const answer = await fetch(url, { method, headers: { 'x-auth-token': token, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    if (answer.status !== expected) throw new Error(`${method} ${url} answered ${answer.status}: ${await answer.text()}`)
    return answer
  }
  // The server is the one under test; its answers are taken as what the API promises.
  const read = async <T>(url: string): Promise<T> => await (await ask('GET', url, 200)).json() as T
  return {
    base, token,
    async create(path, body) {
      const answer = await ask('POST', base + path, 201, body)
      await answer.body?.cancel()
      return answer.headers.get('x-object-id') ?? ''
    },
    async update(path, body) {
      await ask('PUT', base + path, 204, body)
    },
    get: (path) => read(base + path),
    async all<T>(path: string) {
      const found: T[] = []
      let next: string | null = base + path
      while (next !== null) {
        const page: Page<T> = await read(next)
        found.push(...page.values)
        next = page.metadata.next_href
      }
      return found
    },
  }
}
