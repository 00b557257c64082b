import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureOf, unavailable } from './failure.ts'

const error = (code: string, message = 'what the system says') => Object.assign(new Error(message), { code })
const cases: readonly (readonly [code: string, status: string, cannot: true | undefined])[] = [
  ['ECONNREFUSED', 'connection refused', undefined], ['ECONNRESET', 'connection reset', undefined], ['EPIPE', 'connection reset', undefined],
  ['EHOSTUNREACH', 'no route', undefined], ['ENETUNREACH', 'no route', undefined], ['ETIMEDOUT', 'timeout', undefined],
  ['EMFILE', 'cannot connect: too many open files', true], ['EADDRNOTAVAIL', 'cannot connect: no free local port or address', true], ['EPERM', 'cannot connect: not permitted', true],
  ['EOTHER', 'what the system says', undefined],
]
for (const [code, status, cannot] of cases) {
  test(`${code} is "${status}"${cannot === true ? ', which says nothing of the target' : ''}`, () => {
    assert.deepEqual([failureOf(error(code)).status, unavailable(failureOf(error(code))).cannot], [status, cannot])
  })
}

test('what OpenSSL says is made readable', () => {
  assert.equal(failureOf(error('ERR_SSL_WRONG_VERSION_NUMBER', '80ABCD:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../ssl/record.c:77:\n')).status, 'tls: wrong version number')
  assert.equal(failureOf('a word').status, 'a word')
})
