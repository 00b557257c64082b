import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, change, changeOf, message } from '../../../test/delivery/change.ts'
import { chatText, cut, emailSubject, emailText, title } from './text.ts'

test('an e-mail has the reference’s subject, block and observations', () => {
  const said = message(change(), { link: 'https://vedette.example/a' })
  assert.equal(emailSubject(said), '** CRITICAL: website on web-1 **')
  assert.equal(emailText(said), `CRITICAL: website on web-1

Entity: web-1 (203.0.113.9)
Check: website (remote.http)
Alarm: is it up
Status: CRITICAL
Message: HTTP 502
Date: Sat Apr 05 2014 23:50:33 GMT+0000 (UTC)

Observations
  CRITICAL - HTTP 502
  London (LON), 0 sec ago
  OK - fine
  Chicago (ORD), 47 sec ago

More: https://vedette.example/a

--
This message was sent automatically by Vedette; answers to it are not read.
`)
})

test('an observation that was too old to count says so', () => {
  const inputs = change().inputs!
  const text = emailText(message(change({ inputs: { ...inputs, now: at + 100_000 }, at: at + 100_000 })))
  assert.match(text, /Chicago \(ORD\), 147 sec ago, too old to count/)
  assert.match(text, /London \(LON\), 100 sec ago\n/)
})

test('midnight is hour 00', () => {
  assert.match(emailText(message(changeOf({ observation: null }, { at: 1396656000000 }))), /Date: Sat Apr 05 2014 00:00:00 GMT/)
})

test('a label cannot add a line or a header', () => {
  const entry = changeOf({ check: { label: 'x\r\nBcc: evil@example.com' }, entity: { label: 'a\u2028b' } }, { status: 'one\ntwo' })
  assert.equal(emailSubject(message(entry)), '** CRITICAL: x Bcc: evil@example.com on a b **')
  assert.equal(emailText(message(entry)).split('\n').length, emailText(message()).split('\n').length)
  assert.equal(chatText(message(entry), 1000).split('\n').length, 4)
})

test('a chat gets a few lines and always the link', () => {
  const text = chatText(message(change(), { link: 'https://v.example/a' }), 2000)
  assert.equal(text, 'CRITICAL: website on web-1 (was OK)\nHTTP 502\nAlarm: is it up\nLondon (LON): CRITICAL, Chicago (ORD): OK\nhttps://v.example/a')
  const long = chatText(message(change({ status: 'x'.repeat(5000) }), { link: 'https://v.example/a' }), 300)
  assert.equal(long.length, 300)
  assert.match(long, /x…\nhttps:\/\/v\.example\/a$/)
})

test('a test is called one, and a missing label is replaced by what there is', () => {
  assert.equal(title(message(change(), { test: true })), 'TEST CRITICAL: website on web-1')
  assert.equal(title(message(changeOf({ check: { label: null } }))), 'CRITICAL: remote.http on web-1')
  assert.equal(title(message(change({ context: null }))), 'CRITICAL: chUWmQjirR on enPUVwV0IL')
})

test('cutting splits no character', () => {
  assert.equal(cut('ab😀cd', 4), 'ab…')
  assert.equal(cut('abcd', 4), 'abcd')
})
