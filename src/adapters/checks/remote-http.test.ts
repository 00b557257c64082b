import assert from 'node:assert/strict'
import { createServer as createHttpServer } from 'node:http'
import { afterEach, test } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { Check } from 'typebox/value'
import { remoteHttp } from './remote-http.ts'
import { answering, assertFacts, assertNothingOpen, listening, probe, talking, values, withoutIPv6, type Probing } from './kit/probing.suite.ts'

afterEach(assertNothingOpen)

const look = (port: number, details: Record<string, unknown> = {}, given: Probing = {}) =>
  probe(remoteHttp, { ...given, details: { url: `http://127.0.0.1:${port}/`, ...details } })

test('an answer gives code, bytes, times and phases', async () => {
  await using site = await answering('HTTP/1.1 503 Down\r\nContent-Length: 5\r\n\r\nsorry')
  const result = await look(site.port)
  assert.match(result.status, /^code=503,rt=\d+\.\d{3}s,bytes=5$/)
  assert.equal(result.available, true)
  assert.equal(result.target, '127.0.0.1')
  assertFacts(remoteHttp, result)
  assert.deepEqual({ ...values(result), duration: 0, tt_connect: 0, tt_firstbyte: 0 }, { code: '503', bytes: 5, truncated: 0, duration: 0, tt_connect: 0, tt_firstbyte: 0 })
  const { connect = 0, firstByte = 0, total = 0, dns } = result.phases ?? {}
  assert.ok(connect > 0 && firstByte > 0 && total >= connect + firstByte - 0.01, JSON.stringify(result.phases))
  assert.equal(dns, undefined)
})

test('the request is what the details say', async () => {
  let seen = ''
  await using site = await talking((socket) => socket.once('data', (data: Buffer) => {
    seen = data.toString()
    socket.end('HTTP/1.1 204 None\r\n\r\n')
  }))
  const url = `http://www.example.com:${site.port}/a b?q=1#part`
  const result = await look(site.port, { url, method: 'POST', payload: 'käse', headers: { 'X-Key': 'v', 'accept': 'text/html' }, auth_user: 'u', auth_password: 'p' })
  assert.equal(result.status.replace(/rt=[^,]+/, ''), 'code=204,,bytes=0')
  assert.deepEqual(seen.split('\r\n').sort(), [
    'Connection: close', 'Content-Length: 5', `Host: www.example.com:${site.port}`, 'POST /a%20b?q=1 HTTP/1.1', 'User-Agent: Vedette', 'X-Key: v',
    'accept: text/html', `Authorization: Basic ${Buffer.from('u:p').toString('base64')}`, '', 'käse',
  ].sort())
})

const failures: readonly (readonly [name: string, answer: readonly (string | Buffer)[], status: string])[] = [
  ['nothing', [], 'bad response: closed without an answer'],
  ['garbage', [Buffer.from([0, 1, 2, 255, 10])], 'bad response: no HTTP/1 status line: "????"'],
  ['another protocol', ['SSH-2.0-OpenSSH_9.2\r\n'], 'bad response: no HTTP/1 status line: "SSH-2.0-OpenSSH_9.2"'],
  ['a cut head', ['HTTP/1.1 200 OK\r\nServer: x'], 'bad response: the headers ended early'],
  ['a cut body', ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort'], 'bad response: the body ended early'],
  ['a cut chunked body', ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'], 'bad response: the body ended early'],
  ['huge headers', [`HTTP/1.1 200 OK\r\n${`X: ${'y'.repeat(1000)}\r\n`.repeat(80)}\r\n`], 'bad response: the headers are too large'],
  ['one endless header', [`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}`], 'bad response: the headers are too large'],
  ['many headers', [`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(300)}\r\n`], 'bad response: too many headers'],
  ['two lengths', ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'], 'bad response: content-length "5, 6"'],
  ['no chunk size', ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'], 'bad response: no chunk size: "xyz"'],
  ['a folded header', ['HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'], 'bad response: no header: " b"'],
]
for (const [name, answer, status] of failures) {
  test(`${name} is a bad response`, async () => {
    await using site = await answering(...answer)
    const result = await look(site.port)
    assert.equal(result.status, status)
    assert.equal(result.available, false)
    assert.equal(result.cannot, undefined)
  })
}

test('a closed port is refused', async () => {
  const site = await answering('')
  await site[Symbol.asyncDispose]()
  const result = await look(site.port)
  assert.deepEqual([result.available, result.status, result.cannot], [false, 'connection refused', undefined])
})

test('a reset in the middle of the body is named, and what was known is kept', async () => {
  await using site = await talking((socket) => socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin', () => setTimeout(() => socket.resetAndDestroy(), 20))
  }))
  const result = await look(site.port)
  assert.deepEqual([result.available, result.status, values(result)['code'], values(result)['bytes']], [false, 'connection reset', '200', 5])
})

const silences: Readonly<Record<string, Parameters<typeof talking>[0]>> = {
  'a server that says nothing': () => {},
  'a server that dribbles': (socket) => {
    const timer = setInterval(() => socket.write('H'), 20)
    socket.on('close', () => clearInterval(timer))
  },
  'a server that never ends its headers': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => socket.write('X: y\r\n'), 20)
    socket.on('close', () => clearInterval(timer))
  },
  'a body that stops': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
}
for (const [name, speak] of Object.entries(silences)) {
  test(`${name} is a timeout`, async () => {
    await using site = await talking(speak)
    const result = await look(site.port, {}, { timeout: 0.2 })
    assert.deepEqual([result.available, result.status], [false, 'timeout'])
    assert.ok((result.phases?.connect ?? 0) > 0)
  })
}

test('an endless body is read to a limit only', async () => {
  const piece = Buffer.alloc(64 * 1024, 'x')
  let sent = 0
  await using site = await talking((socket) => socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const pour = () => {
      while (!socket.destroyed && socket.write(piece)) sent += piece.length
    }
    socket.on('drain', pour)
    pour()
  }))
  const result = await look(site.port, { body: 'y' })
  assert.equal(result.available, true)
  const { bytes, truncated, body_match } = values(result)
  assert.ok(Number(bytes) >= 1024 * 1024 && Number(bytes) < 2 * 1024 * 1024, String(bytes))
  assert.equal(truncated, Number(bytes) - 100 * 1024)
  assert.equal(body_match, '')
  assert.ok(sent < 64 * 1024 * 1024)
})

test('patterns match the beginning of the body, at most 80 characters of it', async () => {
  await using site = await answering(`HTTP/1.1 200 OK\r\nContent-Length: 200004\r\n\r\n<title>Kids</title>${'z'.repeat(200_000 - 19)}last`)
  const { body_match, body_match_title, 'body_match_no-such': none, truncated } = values(await look(site.port, { body: 'z+', body_matches: { 'title': '<title>\\w+', 'no-such': 'last' } }))
  assert.deepEqual([body_match, body_match_title, none, truncated], ['z'.repeat(80), '<title>Kids', '', 200_004 - 102_400])
})

const packings: Readonly<Record<string, (text: string) => Buffer>> = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync, 'deflate ': deflateRawSync }
for (const [coding, pack] of Object.entries(packings)) {
  test(`a body packed with ${coding}${coding.endsWith(' ') ? '(raw)' : ''} is unpacked for a match`, async () => {
    const packed = pack('hello Kids')
    await using site = await answering(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding.trim()}\r\nContent-Length: ${packed.length}\r\n\r\n`, packed)
    const { body_match, bytes } = values(await look(site.port, { body: 'K..s' }))
    assert.deepEqual([body_match, bytes], ['Kids', packed.length])
  })
}

test('a bomb is unpacked to the limit only, and matched there', async () => {
  const packed = gzipSync(Buffer.alloc(60 * 1024 * 1024, 'a'))
  await using site = await answering(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`, packed)
  const before = process.memoryUsage().arrayBuffers
  const result = await look(site.port, { body: '^a+', include_body: true })
  assert.equal(values(result)['body_match'], 'a'.repeat(80))
  assert.equal(String(values(result)['body']).length, 1024)
  assert.ok(process.memoryUsage().arrayBuffers - before < 10 * 1024 * 1024)
})

test('a packed body that is broken or too large matches nothing', async () => {
  await using broken = await answering('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello')
  assert.equal(values(await look(broken.port, { body: 'h' }))['body_match'], '')
  const noise = Buffer.from(Array.from({ length: 150_000 }, (_, i) => (i * i * 7919 + i) % 251))
  const packed = gzipSync(noise, { level: 0 })
  await using large = await answering(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`, packed)
  assert.equal(values(await look(large.port, { body: '.' }))['body_match'], '')
})

test('the body of a test is its first 512 KB', async () => {
  await using site = await answering(`HTTP/1.1 200 OK\r\n\r\n${'k'.repeat(700_000)}`)
  const result = await look(site.port, {}, { debug: true })
  assert.equal(result.body?.length, 512 * 1024)
  assert.equal(values(result)['truncated'], 700_000 - 102_400)
})

test('text is decoded as its charset says', async () => {
  await using site = await answering('HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=ISO-8859-1\r\n\r\n', Buffer.from('Käse', 'latin1'))
  assert.equal(values(await look(site.port, { body: 'K.se' }))['body_match'], 'Käse')
})

test('HEAD has no body, whatever its length says', async () => {
  await using site = await answering('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')
  assert.equal((await look(site.port, { method: 'HEAD' })).available, true)
})

test('interim answers are passed over', async () => {
  await using site = await answering('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  assert.equal(values(await look(site.port))['code'], '200')
})

test('a real server with chunks is read to its end', async () => {
  await using site = await listening(createHttpServer((_, response) => {
    for (let i = 0; i < 50; i++) response.write(`${i},`)
    response.end('end')
  }))
  const { bytes, body_match } = values(await look(site.port, { body: '49,end$' }))
  assert.deepEqual([bytes, body_match], [143, '49,end'])
})

test('an abort from outside rejects with its reason and leaves nothing open', async () => {
  await using site = await talking(() => {})
  const controller = new AbortController()
  const reason = new Error('the zone stops')
  setTimeout(() => controller.abort(reason), 30)
  await assert.rejects(look(site.port, {}, { signal: controller.signal }), reason)
})

test('a url that cannot be used is refused before it runs, and says nothing of the target', async () => {
  const keys = (url: string, rest = {}) => remoteHttp.problem?.({ url, ...rest })?.key
  assert.deepEqual([keys('http://a/'), keys('ftp://a/'), keys('a'), keys('http://u:p@a/'), keys('http://a/', { body: '(' }), keys('http://a/', { body_matches: { x: 'ok', y: '(?=z)' } })],
    [undefined, 'url', 'url', 'url', 'body', 'body_matches.y'])
  const result = await probe(remoteHttp, { details: { url: 'http://u:p@127.0.0.1/' } })
  assert.deepEqual([result.available, result.cannot], [false, true])
})

test('details are what the reference says', () => {
  const fits = (details: object) => Check(remoteHttp.details, { url: 'http://a/', ...details })
  const right = [{}, { method: 'INFO' }, { headers: { 'X-A': 'b' } }, { payload: null, auth_user: null }, { body_matches: { 'a b-c_1': 'x' } }, { headers: { 'hosts': 'x' } }]
  const wrong = [
    { url: '' }, { url: 'x'.repeat(8097) }, { method: 'PATCH' }, { body: 'x'.repeat(256) }, { body: '' }, { payload: 'x'.repeat(1025) }, { follow_redirects: 'yes' },
    { body_matches: { 'a/b': 'x' } }, { body_matches: Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`k${i}`, 'x'])) },
    { headers: { Host: 'x' } }, { headers: { 'Content-LENGTH': 'x' } }, { headers: { 'a b': 'x' } }, { headers: { a: 'x\r\ny' } }, { headers: { a: '' } }, { headers: { a: 'x'.repeat(51) } },
    { headers: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, 'x'])) },
  ]
  for (const details of right) assert.equal(fits(details), true, JSON.stringify(details))
  for (const details of wrong) assert.equal(fits(details), false, JSON.stringify(details))
})

test('IPv6 targets are asked as well', { skip: withoutIPv6 }, async () => {
  await using site = await listening(createHttpServer((request, response) => response.end(request.headers.host)), '::1')
  const result = await look(site.port, { url: `http://[::1]:${site.port}/`, body: '.*' }, { target: '::1', family: 'IPv6' })
  assert.deepEqual([result.available, result.target, values(result)['body_match']], [true, '::1', `[::1]:${site.port}`])
  assert.equal((await look(site.port, {}, { target: '::1', family: 'IPv4' })).status, 'dns: not found')
})
