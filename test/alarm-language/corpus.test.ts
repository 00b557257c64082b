import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { check, compile, parse, print } from '../../src/core/alarm-language/index.ts'
import { withoutPlaces } from './without-places.ts'

interface Row { readonly source: string; readonly alarm: string; readonly criteria: string }

const lines = (await readFile(new URL('../samples/criteria.jsonl', import.meta.url), 'utf8')).trimEnd().split('\n')
// The file is ours and has this form.
const corpus = lines.map(line => JSON.parse(line) as Row)

test('all 142 criteria from the field parse, and survive being printed', () => {
  assert.equal(corpus.length, 142)
  for (const { alarm, criteria } of corpus) {
    const parsed = parse(criteria)
    assert.ok(parsed.ok, `${alarm}: ${JSON.stringify(parsed)}`)
    assert.deepEqual(withoutPlaces(parse(print(parsed.criteria))), withoutPlaces(parsed), alarm)
  }
})

test('the check refuses three messages longer than the reference allows, and a count filled into a template', () => {
  const refused = corpus.flatMap(({ source, criteria }) => {
    const parsed = parse(criteria)
    return parsed.ok ? check(parsed.criteria).map(problem => `${source}: ${problem.message}`) : [source]
  })
  assert.deepEqual(refused, [
    'conntrack_count.yaml.j2: a message may have 128 characters, this one has 134',
    'conntrack_count.yaml.j2: a message may have 128 characters, this one has 140',
    'rabbitmq_status.yaml.j2: a message may have 128 characters, this one has 246',
    'rally_check.yaml.j2: consecutiveCount may be 1 to 5, not 90',
    'rally_check.yaml.j2: consecutiveCount may be 1 to 5, not 90',
  ])
})

test('each evaluates to CRITICAL when nothing was measured, naming the metric', () => {
  for (const { alarm, criteria } of corpus) {
    const parsed = parse(criteria)
    if (!parsed.ok || check(parsed.criteria).length > 0) continue
    const compiled = compile(parsed.criteria)
    const verdict = compiled.evaluate({ at: 0, available: true, status: '', metrics: {} }, undefined)
    assert.deepEqual([verdict.state, verdict.reason, verdict.metric], ['CRITICAL', 'missing metric', compiled.metrics[0]], alarm)
  }
})
