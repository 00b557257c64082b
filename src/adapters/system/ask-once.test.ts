import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { askOnce } from './ask-once.ts'
import { systemResolver } from './resolver.ts'

test('a URL is asked once, at an address that is allowed, and without following anywhere', async () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url !== '/hangs') response.writeHead(request.url === '/moved' ? 302 : 200, { location: '/' }).end('ok')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const url = `http://localhost:${(server.address() as AddressInfo).port}`
    const open = systemResolver({ forbidden: [] })
    const never = new AbortController().signal
    assert.deepEqual([await askOnce(open, `${url}/a?b=c`, never), await askOnce(open, `${url}/moved`, never)], [200, 302])
    await assert.rejects(askOnce(systemResolver({ forbidden: ['127.0.0.0/8', '::1/128'] }), url, never))
    const stop = new AbortController()
    const hanging = askOnce(open, `${url}/hangs`, stop.signal)
    await once(server, 'request')
    stop.abort()
    await assert.rejects(hanging)
    assert.deepEqual(asked, ['GET /a?b=c', 'GET /moved', 'GET /hangs'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
