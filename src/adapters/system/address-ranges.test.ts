import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressRanges } from './address-ranges.ts'

const cases: readonly (readonly [ranges: string, address: string, inside: boolean])[] = [
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.1.2.3', '10.1.2.3', true],
  ['10.1.2.3', '10.1.2.4', false],
  ['10.9.9.9/8', '10.0.0.1', true],
  ['0.0.0.0/0', '8.8.8.8', true],
  ['127.0.0.0/8', '0.0.0.0', true],
  ['127.0.0.0/8', '::', true],
  ['::1/128', '::', true],
  ['::1', '0:0:0:0:0:0:0:1', true],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['fe80::/10', 'fec0::1', false],
  ['169.254.0.0/16', '::ffff:169.254.169.254', true],
  ['169.254.0.0/16', '::ffff:a9fe:a9fe', true],
  ['169.254.0.0/16', '0:0:0:0:0:ffff:a9fe:a9fe', true],
  ['169.254.0.0/16', '::169.254.169.254', true],
  ['169.254.0.0/16', '::ffff:0:a9fe:a9fe', true],
  ['169.254.0.0/16', '64:ff9b::a9fe:a9fe', true],
  ['169.254.0.0/16', '64:ff9b::169.254.169.254', true],
  ['169.254.0.0/16', '64:ff9b:1::a9fe:a9fe', true],
  ['169.254.0.0/16', '2002:a9fe:a9fe::1', true],
  ['169.254.0.0/16', '2001:db8::a9fe:a9fe', false],
  ['::ffff:169.254.0.0/112', '169.254.1.1', true],
  ['2001:db8::/32', '2001:DB8:0::5', true],
  ['', '127.0.0.1', false],
]

for (const [ranges, address, inside] of cases) {
  test(`${address} is ${inside ? '' : 'not '}in ${ranges || 'no range'}`, () => {
    assert.equal(addressRanges(ranges === '' ? [] : [ranges]).includes(address), inside)
  })
}

test('a value that is no range is named', () => {
  for (const wrong of ['10.0.0.0/33', 'fe80::/129', '10.0.0', 'example.com', '10.0.0.0/8/9', '10.0.0.0/', '10.0.0.0/-1', 'fe80::1%eth0/64', '']) {
    assert.throws(() => addressRanges(['10.0.0.0/8', wrong]), (error: Error) => error.message.includes(`"${wrong}"`), wrong)
  }
})
