import assert from 'node:assert/strict'
import { errorTypes, type ErrorType } from '../../src/core/wire/errors.ts'
import { tenant, type TestServer } from './server.ts'

export interface Answer { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Readonly<Record<string, unknown>> }

/** One request to a tenant's address, nothing hidden. A text as body goes as it is. */
export async function ask(server: Pick<TestServer, 'url' | 'token'>, method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return askAt(server, method, `/v1.0/${tenant}${path}`, body, headers)
}

/** The same to any address of the server. */
export async function askAt(server: Pick<TestServer, 'url' | 'token'>, method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method, headers: { 'x-auth-token': server.token, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: text !== '' && response.headers.get('content-type')?.startsWith('application/json') === true ? JSON.parse(text) : {} }
}

export async function made(server: TestServer, path: string, body: unknown): Promise<string> {
  const answer = await ask(server, 'POST', path, body)
  assert.equal(answer.status, 201, answer.text)
  return answer.headers.get('x-object-id') ?? ''
}

/** An error as the reference has it: the right status for its type, all five keys, the transaction, and no insides of ours. */
export function assertRefused(answer: Answer, types: ErrorType | readonly ErrorType[], what: string): void {
  const { type, code, message, txnId } = answer.json
  const expected = typeof types === 'string' ? [types] : types
  assert.ok((expected as readonly unknown[]).includes(type), `${what}: ${answer.status} ${answer.text.slice(0, 300)}`)
  assert.equal(answer.status, errorTypes[type as ErrorType].status, what)
  assert.deepEqual([code, typeof message, txnId, 'details' in answer.json], [answer.status, 'string', answer.headers.get('x-response-id'), true], what)
  assert.doesNotMatch(answer.text, /node_modules|\.ts:\d|at async/, what)
}
