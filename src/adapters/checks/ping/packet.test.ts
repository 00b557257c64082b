import assert from 'node:assert/strict'
import { test } from 'node:test'
import { echoRequest, parseEcho } from './packet.ts'

test('an echo is read back from what a socket gives, with and without an IP header', () => {
  const cookie = Buffer.from('0123456789abcdef')
  for (const family of [4, 6] as const) {
    const request = echoRequest(family, 7, 513, cookie)
    assert.deepEqual(parseEcho(family, request, false), { isReply: false, sequence: 513, cookie: cookie.toString('hex') })
    const reply = Buffer.from(request)
    reply[0] = family === 4 ? 0 : 129
    assert.equal(parseEcho(family, reply, false)?.isReply, true)
    assert.equal(parseEcho(family, Buffer.concat([Buffer.from([0x46]), Buffer.alloc(23), reply]), true)?.isReply, true)
  }
})

test('what is no echo is passed over', () => {
  const reply = Buffer.alloc(64)
  assert.ok(parseEcho(4, reply, false))
  for (const wrong of [Buffer.alloc(0), Buffer.alloc(23), Buffer.concat([Buffer.from([3, 1]), Buffer.alloc(62)]), Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(62)]), Buffer.concat([Buffer.from([0x4f]), Buffer.alloc(20)])]) {
    assert.equal(parseEcho(4, wrong, wrong[0] === 0x4f), undefined)
  }
})

test('the checksum of a request is right: the sum of all its words is all ones', () => {
  const request = echoRequest(4, 0xfffe, 3, Buffer.alloc(16, 0xab))
  let sum = 0
  for (let i = 0; i < request.length; i += 2) sum += request.readUInt16BE(i)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  assert.equal(sum, 0xffff)
})
