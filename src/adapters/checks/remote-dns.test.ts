import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { afterEach, test } from 'node:test'
import dnsPacket from 'dns-packet'
import { askedName } from './dns/message.ts'
import { nameServer } from './dns/name-server.suite.ts'
import { assertFacts, assertNothingOpen, probe, values } from './kit/probing.suite.ts'
import { remoteDns } from './remote-dns.ts'

afterEach(assertNothingOpen)

const look = (port: number, details: Record<string, unknown> = {}, timeout = 5) =>
  probe(remoteDns, { details: { query: 'www.example.com', record_type: 'A', port, ...details }, timeout })

test('addresses come sorted, with the least time to live', async () => {
  await using server = await nameServer({
    answer: ({ name }) => [
      { name, type: 'CNAME', class: 'IN', ttl: 5, data: 'web.example.com' },
      { name: 'web.example.com', type: 'A', class: 'IN', ttl: 300, data: '192.0.2.7' },
      { name: 'web.example.com', type: 'A', class: 'IN', ttl: 60, data: '192.0.2.10' },
    ],
  })
  const result = await look(server.port, { answer_match: '2\\.7$' })
  assertFacts(remoteDns, result)
  const { rtt, ...rest } = values(result)
  assert.deepEqual([result.available, rest], [true, { answer: '192.0.2.10 192.0.2.7', ttl: 60, answer_match: '2.7' }])
  assert.ok(Number(rtt) > 0 && Number(rtt) === result.phases?.firstByte)
  assert.match(result.status, /^rtt=\d+\.\d{3}s,records=2$/)
})

const record = (type: string, data: unknown) => ({ type, data, class: 'IN', ttl: 9, name: 'www.example.com' })
const early = (name: string) => Buffer.concat([...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])])
const kinds: readonly (readonly [type: string, answers: readonly ReturnType<typeof record>[], answer: string])[] = [
  ['AAAA', [record('AAAA', '2001:db8::1')], '2001:db8::1'],
  ['TXT', [record('TXT', [Buffer.from('v=spf1 '), Buffer.from('-all')])], 'v=spf1 -all'],
  ['MX', [record('MX', { preference: 20, exchange: 'b.example.com' }), record('MX', { preference: 10, exchange: 'a.example.com' })], '10 a.example.com 20 b.example.com'],
  ['NS', [record('NS', 'ns1.example.com')], 'ns1.example.com'],
  ['CNAME', [record('CNAME', 'web.example.com')], 'web.example.com'],
  ['SOA', [record('SOA', { mname: 'ns1.example.com', rname: 'root.example.com', serial: 7, refresh: 1, retry: 2, expire: 3, minimum: 4 })], 'ns1.example.com root.example.com 7 1 2 3 4'],
  ['MB', [record('UNKNOWN_7', early('mail.example.com'))], 'mail.example.com'],
  ['MR', [record('UNKNOWN_9', early('new.example.com'))], 'new.example.com'],
]
for (const [type, answers, answer] of kinds) {
  test(`${type} records are written as zone files write them`, async () => {
    await using server = await nameServer({ answer: () => answers })
    assert.equal(values(await look(server.port, { record_type: type }))['answer'], answer)
  })
}

test('an address is asked for by its reverse name', () => {
  assert.equal(askedName('192.0.2.7', 'PTR'), '7.2.0.192.in-addr.arpa')
  assert.equal(askedName('2001:db8::1', 'PTR'), '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa')
  assert.equal(askedName('example.com.', 'PTR'), 'example.com')
})

for (const [code, status] of [[3, 'dns: not found'], [2, 'dns: server failure'], [5, 'dns: refused'], [1, 'dns: not understood']] as const) {
  test(`${status} makes the target unavailable, and is timed`, async () => {
    await using server = await nameServer({ answer: () => code })
    const result = await look(server.port)
    assert.deepEqual([result.available, result.status, Object.keys(values(result))], [false, status, ['rtt']])
  })
}

test('an answer without such a record says so', async () => {
  await using server = await nameServer({ answer: ({ name }) => [{ name, type: 'CNAME', class: 'IN', ttl: 5, data: 'x.example.com' }] })
  assert.equal((await look(server.port)).status, 'dns: no such record')
})

test('a lost question is asked again', async () => {
  await using server = await nameServer({ answer: ({ name }, count) => (count === 1 ? undefined : [{ name, type: 'A', class: 'IN', ttl: 5, data: '192.0.2.1' }]) })
  const result = await look(server.port)
  assert.deepEqual([result.available, server.asked.length], [true, 2])
  assert.ok(Number(values(result)['rtt']) >= 990)
})

test('replies to something else are passed over', async () => {
  const forged = (query: Buffer, change: { id?: number; name?: string; type?: 'query' | 'response' }) => {
    const { id, questions: [question] } = dnsPacket.decode(query)
    const name = change.name ?? question?.name ?? ''
    return dnsPacket.encode({ id: change.id ?? id, type: change.type ?? 'response', flags: 0, questions: [{ name, type: 'A', class: 'IN' }], answers: [{ name, type: 'A', class: 'IN', ttl: 1, data: '203.0.113.66' }] })
  }
  await using server = await nameServer({
    noise: (query) => [forged(query, { id: (query.readUInt16BE(0) + 1) & 0xffff }), forged(query, { name: 'evil.example.com' }), forged(query, { type: 'query' }), Buffer.from('x')],
    answer: ({ name }) => [{ name, type: 'A', class: 'IN', ttl: 5, data: '192.0.2.1' }],
  })
  assert.equal(values(await look(server.port))['answer'], '192.0.2.1')
})

test('a right reply from a wrong address is not heard', async () => {
  const [server, stranger] = [createSocket('udp4'), createSocket('udp4')]
  using open = new DisposableStack()
  open.defer(() => server.close())
  open.defer(() => stranger.close())
  let forged = 0
  server.on('message', (query, { port, address }) => {
    const { id, questions } = dnsPacket.decode(query)
    forged += 1
    stranger.send(dnsPacket.encode({ id, type: 'response', flags: 0, questions, answers: [{ name: 'www.example.com', type: 'A', class: 'IN', ttl: 1, data: '203.0.113.66' }] }), port, address)
  })
  await new Promise<void>((resolve) => {
    server.bind(0, '127.0.0.1', resolve)
  })
  assert.equal((await look(server.address().port, {}, 0.3)).status, 'timeout')
  assert.equal(forged, 1)
})

test('what did not fit is asked for by TCP', async () => {
  const data = Array.from({ length: 200 }, (_, i) => `192.0.2.${i}`)
  await using server = await nameServer({ truncate: true, answer: ({ name }) => data.map((address) => ({ name, type: 'A', class: 'IN', ttl: 5, data: address })) })
  assert.equal(values(await look(server.port))['answer'], data.toSorted().join(' '))
})

test('garbage with the right id is a bad response', async () => {
  await using server = await nameServer({ noise: (query) => [Buffer.concat([query.subarray(0, 2), Buffer.from('8180000100ff0000000003777777', 'hex')])], answer: () => undefined })
  assert.equal((await look(server.port)).status, 'bad response: no DNS message')
})

test('a silent server is a timeout, a closed port is refused', async () => {
  const server = await nameServer({ answer: () => undefined })
  const result = await look(server.port, {}, 0.2)
  assert.deepEqual([result.available, result.status], [false, 'timeout'])
  await server[Symbol.asyncDispose]()
  assert.equal((await look(server.port)).status, 'connection refused')
})

test('patterns and names that cannot be used are refused before they run', () => {
  const problem = (details: object) => remoteDns.problem?.({ query: 'a', record_type: 'A', ...details })?.key
  assert.deepEqual([problem({}), problem({ answer_match: '(' }), problem({ query: 'a..b' }), problem({ query: `${'a'.repeat(64)}.b` }), problem({ query: 'a.b.' })], [undefined, 'answer_match', 'query', 'query', undefined])
})
