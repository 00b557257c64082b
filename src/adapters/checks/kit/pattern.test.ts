import assert from 'node:assert/strict'
import { test } from 'node:test'
import { captures, matchText, patternProblem } from './pattern.ts'

test('the first match is given, 80 characters of it', () => {
  assert.equal(matchText('K.ds', 'some Kids, more Kods'), 'Kids')
  assert.equal(matchText('x*', 'abc'), '')
  assert.equal(matchText('z', 'abc'), undefined)
  assert.equal(matchText('a+', 'a'.repeat(500)), 'a'.repeat(80))
  assert.equal(matchText('(?i)kIDS$', 'KIDS'), 'KIDS')
})

test('what cannot be used matches nothing and says why', () => {
  for (const wrong of ['(', '(?=look)', '\\1', '(a{1000}){1000}']) {
    assert.equal(typeof patternProblem(wrong), 'string', wrong)
    assert.equal(matchText(wrong, 'look (a1'), undefined, wrong)
  }
  assert.equal(patternProblem('(a|b)+$'), undefined)
})

test('captures are by name, or name themselves', () => {
  assert.deepEqual(captures('v=(?P<version>\\d+)( (?P<none>x))?', 'v=12'), { version: '12' })
  assert.deepEqual(captures('(\\w)=(\\d)', 'a=1'), {})
  assert.deepEqual(captures('(?P<key>[^=;]+)=(?P<value>\\d+)', 'a=1;b=2;not a name=3;__proto__=4'), { a: '1', b: '2' })
  assert.equal(Object.keys(captures('(?P<key>k\\d+)=(?P<value>\\d+)', Array.from({ length: 90 }, (_, i) => `k${i}=1`).join(';'))).length, 50)
})

test('a small pattern sees all of 100 KB, a huge one its beginning', () => {
  const subject = `${'ab '.repeat(34_000)}end`
  assert.equal(matchText('end$', subject), 'end')
  assert.equal(matchText('[a-c]{30}([ab ]{1,20}){20}end', subject), undefined)
})
