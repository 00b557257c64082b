import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach, test } from 'node:test'
import type { Resolver } from '../../../contracts/check-type.ts'
import { systemResolver } from '../../system/resolver.ts'
import { assertNothingOpen, listening, probe, values, type Listening, type Probing } from '../kit/probing.suite.ts'
import { remoteHttp } from '../remote-http.ts'
import { isHome } from './journey.ts'

afterEach(assertNothingOpen)

interface Seen { readonly method: string; readonly url: string; readonly host: string; readonly authorization: string | undefined; readonly key: string | undefined; readonly body: string }
interface Site extends Listening { readonly seen: Seen[] }

/** A server that writes down what it was asked. */
async function site(answer: (request: IncomingMessage, response: ServerResponse) => void, host?: string): Promise<Site> {
  const seen: Seen[] = []
  const at = await listening(createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => {
      body += String(piece)
    })
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      seen.push({ method, url, host: headers.host ?? '', authorization: headers.authorization, key: headers['x-key']?.toString(), body })
      answer(request, response)
    })
  }), host)
  return { ...at, seen, [Symbol.asyncDispose]: at[Symbol.asyncDispose].bind(at) }
}

const redirect = (to: string, status = 302) => (_: IncomingMessage, response: ServerResponse) => response.writeHead(status, { location: to }).end()
const look = (port: number, details: Record<string, unknown> = {}, given: Probing = {}) =>
  probe(remoteHttp, { ...given, details: { url: `http://127.0.0.1:${port}/start`, ...details } })

test('a redirect is followed, or not if the check says so', async () => {
  await using server = await site((request, response) => (request.url === '/start' ? redirect('next?x=1')(request, response) : response.end('there')))
  assert.equal(values(await look(server.port, { body: 'there' }))['body_match'], 'there')
  assert.deepEqual(server.seen.map(({ url }) => url), ['/start', '/next?x=1'])
  assert.equal(values(await look(server.port, { follow_redirects: false }))['code'], '302')
})

test('the payload goes to the first location only, and methods change as browsers change them', async () => {
  for (const [status, method, then] of [[301, 'POST', 'GET'], [302, 'POST', 'GET'], [303, 'PUT', 'GET'], [307, 'POST', 'POST'], [308, 'PUT', 'PUT'], [301, 'DELETE', 'DELETE'], [303, 'HEAD', 'HEAD']] as const) {
    await using server = await site((request, response) => (request.url === '/start' ? redirect('/next', status)(request, response) : response.end()))
    await look(server.port, { method, ...(method === 'HEAD' ? {} : { payload: 'secret' }) })
    assert.deepEqual(server.seen.map((one) => [one.method, one.body]), [[method, method === 'HEAD' ? '' : 'secret'], [then, '']], `${status} ${method}`)
  }
})

test('a loop ends after ten redirects', async () => {
  await using server = await site(redirect('/start'))
  const result = await look(server.port)
  assert.deepEqual([result.available, result.status, values(result)['code'], server.seen.length], [false, 'too many redirects', '302', 11])
})

test('a redirect to nowhere is a bad response; one without a place is an answer', async () => {
  for (const place of ['ftp://example.com/', 'http://', 'file:///etc/passwd']) {
    await using server = await site(redirect(place))
    assert.match((await look(server.port)).status, /^bad response: a redirect to something/, place)
  }
  await using server = await site((_, response) => response.writeHead(304).end())
  assert.equal(values(await look(server.port))['code'], '304')
})

/** Knows some names; everything else goes the usual way. */
function naming(names: Record<string, string>, forbidden: readonly string[] = []): Resolver {
  const real = systemResolver({ forbidden })
  return { resolve: (host, family, signal) => real.resolve(names[host] ?? host, family, signal) }
}

test('credentials and headers of the check stay with its own host', async () => {
  await using foreign = await site((request, response) => redirect(`http://home.test:${home.port}/back`)(request, response))
  await using home: Site = await site((request, response) => (request.url === '/start' ? redirect(`http://foreign.test:${foreign.port}/`)(request, response) : response.end('end')))
  const resolver = naming({ 'foreign.test': '127.0.0.1', 'home.test': '127.0.0.9' })
  const result = await look(home.port, { url: `http://home.test:${home.port}/start`, auth_user: 'u', auth_password: 'p', headers: { 'x-key': 'k' } }, { resolver })
  assert.match(result.status, /^code=200/)
  const basic = `Basic ${Buffer.from('u:p').toString('base64')}`
  assert.deepEqual(home.seen.map(({ url, authorization, key }) => [url, authorization, key]), [['/start', basic, 'k'], ['/back', basic, 'k']])
  assert.deepEqual(foreign.seen.map(({ host, authorization, key }) => [host, authorization, key]), [[`foreign.test:${foreign.port}`, undefined, undefined]])
})

test('home is the same server, not less secure', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['http://a/', 'http://a/x', true], ['http://a/', 'https://a/', true], ['https://a/', 'http://a/', false], ['http://a/', 'http://b/', false],
    ['http://a:8080/', 'http://a/', false], ['http://a:8080/', 'https://a/', false], ['https://a/', 'https://a:8443/', false], ['http://a/', 'https://a.b/', false],
  ]
  for (const [first, other, home] of cases) assert.equal(isHome(new URL(first), new URL(other)), home, `${first} → ${other}`)
})

test('a redirect to a forbidden address is not followed, however the address is written', async () => {
  await using inside = await site((_, response) => response.end('secret'), '127.0.0.2')
  for (const host of ['127.0.0.2', '[::ffff:127.0.0.2]', '2130706434', '0x7f.2', 'inside.test']) {
    await using outside = await site(redirect(`http://${host}:${inside.port}/`))
    const result = await look(outside.port, {}, { resolver: naming({ 'inside.test': '127.0.0.2' }, ['127.0.0.2/32']) })
    assert.deepEqual([result.available, result.status, result.cannot], [false, `prevented by ACL 'global'`, undefined], host)
  }
  assert.equal(inside.connections(), 0)
})

test('a name that points elsewhere at the second look is judged at the second look', async () => {
  const answers = ['127.0.0.1', '127.0.0.2']
  await using server = await site((request, response) => (request.url === '/start' ? redirect(`http://other.test:${server.port}/again`)(request, response) : redirect('/once-more')(request, response)))
  const real = systemResolver({ forbidden: ['127.0.0.2/32'] })
  const resolver: Resolver = { resolve: (host, family, signal) => real.resolve(host === 'other.test' ? (answers.shift() ?? '127.0.0.2') : host, family, signal) }
  const result = await look(server.port, {}, { resolver })
  assert.equal(result.status, `prevented by ACL 'global'`)
  assert.deepEqual(server.seen.map(({ url }) => url), ['/start', '/again'])
})

test('a redirect to a name that does not exist says so', async () => {
  await using server = await site(redirect('http://nowhere.test/'))
  const resolver: Resolver = { resolve: (host, family, signal) => (host === 'nowhere.test' ? Promise.resolve({ kind: 'not found', detail: '' }) : systemResolver({ forbidden: [] }).resolve(host, family, signal)) }
  assert.equal((await look(server.port, {}, { resolver })).status, 'dns: not found')
})

for (const algorithm of ['MD5', 'SHA-256', 'MD5-sess', 'SHA-256-sess', undefined]) {
  test(`a digest challenge is met (${algorithm ?? 'the old form'})`, async () => {
    const hash = (text: string) => createHash(algorithm?.startsWith('SHA') === true ? 'sha256' : 'md5').update(text).digest('hex')
    const isRight = (header: string) => {
      const part = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(header)?.[1] ?? ''
      const secret = hash('us"er:the realm:pass:word')
      const a1 = algorithm?.endsWith('-sess') === true ? hash(`${secret}:abc:${part('cnonce')}`) : secret
      const middle = algorithm === undefined ? '' : `${part('nc')}:${part('cnonce')}:auth:`
      return header.startsWith('Digest ') && part('opaque') === 'o' && part('response') === hash(`${a1}:abc:${middle}${hash('GET:/start')}`)
    }
    const details = algorithm === undefined ? '' : `, algorithm=${algorithm}, qop="auth-int,auth"`
    await using server = await site(({ headers }, response) => {
      if (isRight(headers.authorization ?? '')) response.end('in')
      else response.writeHead(401, { 'www-authenticate': ['Negotiate', `Basic realm="x", Digest realm="the realm", nonce="abc", opaque="o"${details}`] }).end()
    })
    assert.equal(values(await look(server.port, { auth_user: 'us"er', auth_password: 'pass:word' }))['code'], '200')
    assert.equal(server.seen.length, 2)
    const wrong = await look(server.port, { auth_user: 'us"er', auth_password: 'wrong' })
    assert.deepEqual([wrong.available, values(wrong)['code'], server.seen.length], [true, '401', 4])
  })
}

test('a 401 without credentials, or with a challenge that we cannot meet, is an answer', async () => {
  await using server = await site((_, response) => response.writeHead(401, { 'www-authenticate': 'Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth"' }).end())
  assert.equal(values(await look(server.port))['code'], '401')
  assert.equal(values(await look(server.port, { auth_user: 'u' }))['code'], '401')
  assert.equal(server.seen.length, 2)
})
