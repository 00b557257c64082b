import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, parse } from '../../src/core/alarm-language/index.ts'

// The table of the reference (alarm-language.md, section 8), row by row; … in it is completed to a whole text.
const accepted = [
  '',
  ':set consistencyLevel=ALL',
  ':setconsistencyLevel=ALL',
  ':set consistencyLevel = ALL :set consecutiveCount=5 return new AlarmStatus(OK);',
  ':set dimensionFilter="eth0" return OK',
  'return new AlarmStatus(OK);',
  'return new AlarmStatus( OK , "x" ) ;',
  'return newAlarmStatus(OK);',
  'return OK',
  'return CRITICAL, "x"',
  'return OK return CRITICAL',
  'return new AlarmStatus(OK, "a\nb");',
  'if(metric["a"] == "x"){return new AlarmStatus(OK);}',
  'if (metric["a"] regex"x") {return OK}',
  'if (metric["a"] > 1 && metric["b"] > 2 || metric["c"] == 1) {return OK}',
  'if ((metric["a"] > 1) && (metric["b"] > 2)) {return OK}',
  'if (percentage(metric["a"], 100) >= 90 ) {return OK}',
  'if (metric["a"] != previous(metric["a"])) {return OK}',
  'if (metric["/a.b"] == "x") {return OK}',
  '/* a /* b */ c */ return OK',
  'return OK # c',
  '# c\n/* c */ :set consistencyLevel=ALL',
  String.raw`if (metric["a"] == 'it\'s "q"') {return OK}`,
  String.raw`if (metric["a"] == '\u0027abc') {return OK}`,
  String.raw`if (metric["a"] regex '2\\d\\d') {return OK}`,
  'if (metric["a"] > -1.2e-7) {return OK}',
]

const rejected = [
  ':set consecutiveCount=0',
  'return new AlarmStatus(OK)',
  'return new AlarmStatus (OK);',
  'return OK;',
  'return\nnew AlarmStatus(OK);',
  'return new AlarmStatus(ok);',
  'return new AlarmStatus(UNKNOWN);',
  'return new AlarmStatus(OK, 5);',
  'if ("x" == metric["a"]) {return OK}',
  'if (5 < metric["a"]) {return OK}',
  'if (metric["a"] regex metric["b"]) {return OK}',
  'if (metric["a"] > "x") {return OK}',
  'if (metric["a"]) {return OK}',
  'if () {return OK}',
  'if ((metric["a"] > 1 || metric["b"] > 2) && metric["c"] == 1) {return OK}',
  'if (((metric["a"] > 1))) {return OK}',
  'if (!(metric["a"] > 1)) {return OK}',
  'if (metric["a"] > 1 & metric["b"] > 2) {return OK}',
  'if (rate(previous(metric["a"])) > 1) {return OK}',
  'if (rate (metric["a"]) > 1) {return OK}',
  'if (metrics["a"] == "x") {return OK}',
  'if (metric[ "a" ] == "x") {return OK}',
  'if (metric["a:b"] == "x") {return OK}',
  'if (metric[""] == "x") {return OK}',
  'if (metric["a"] > 1) {return OK} else {return CRITICAL}',
  'if (metric["a"] > 1) { if (metric["b"] > 1) {return OK} }',
  'if (metric["a"] > 1) {}',
  'if (metric["a"] > 1) {return OK return CRITICAL}',
  'if (metric["a"] > 1) {return OK} :set consistencyLevel=ALL',
  'return OK if (metric["a"] > 1) {return OK}',
  '/* a return OK',
  '// c\nreturn OK',
  String.raw`if (metric["a"] == '\d') {return OK}`,
  'if (metric["a"] > 010) {return OK}',
  'if (metric["a"] > +1) {return OK}',
  'if (metric["a"] > .5) {return OK}',
  'if (metric["a"] == true) {return OK}',
  'IF (metric["a"] > 1) {return OK}',
]

for (const text of accepted) {
  test(`accepts ${JSON.stringify(text)}`, () => {
    const parsed = parse(text)
    assert.ok(parsed.ok, JSON.stringify(parsed))
    assert.deepEqual(check(parsed.criteria), [])
  })
}

for (const text of rejected) {
  test(`rejects ${JSON.stringify(text)}, for one reason and at a place`, () => {
    const parsed = parse(text)
    assert.ok(!parsed.ok)
    assert.equal(parsed.problems.length, 1, JSON.stringify(parsed.problems))
    const [problem] = parsed.problems
    assert.ok(problem && problem.message.length > 0 && problem.position <= text.length)
  })
}
