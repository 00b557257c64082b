import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from './parse.ts'
import { print } from './print.ts'

test('one way to write everything', () => {
  const parsed = parse(String.raw`/* c */ :setconsecutiveCount = 3 :set dimensionFilter="a'b"
    if((metric["a"]>-0)&&rate( metric["b"] )!=1e3||percentage(metric["c"],5)<1e999){return CRITICAL, "it's \"x\" \\ \n\u0001"} # c
    if (metric['a'] nregex "2\\d") { return new AlarmStatus(WARNING); } return OK`)
  assert.ok(parsed.ok)
  assert.equal(print(parsed.criteria), String.raw`:set consecutiveCount=3
:set dimensionFilter='a\'b'
if (metric['a'] > -0 && rate(metric['b']) != 1000 || percentage(metric['c'], 5) < 1e999) {
  return new AlarmStatus(CRITICAL, 'it\'s "x" \\ \n\u0001');
}
if (metric['a'] nregex '2\\d') {
  return new AlarmStatus(WARNING);
}
return new AlarmStatus(OK);`)
})

test('nothing is printed as nothing', () => {
  assert.equal(print({ settings: [], branches: [], returns: [] }), '')
})
