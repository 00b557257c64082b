import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { test } from 'node:test'

/** What must and must never stand in a statement, read from the source: a rule that a test of behaviour would notice too late. */
const folder = new URL('../../src/adapters/store-cassandra/', import.meta.url)
const sources = new Map<string, string>()
for await (const file of glob('*.ts', { cwd: folder })) {
  if (!/\.(test|suite)\.ts$/.test(file)) sources.set(file, await readFile(new URL(file, folder), 'utf8'))
}
const forbidden: readonly (readonly [what: RegExp, why: string])[] = [
  [/USING TIMESTAMP/i, 'equal timestamps merge rows cell by cell, and one ahead of its time hides all later writes'],
  [/ALLOW FILTERING/i, 'it reads all nodes'],
  [/CREATE (CUSTOM )?INDEX|MATERIALIZED VIEW/i, 'it asks all nodes'],
  [/SELECT \*/i, 'a column that a newer program adds must not surprise an older one'],
  [/\bcounter\b/i, 'what may be sent twice counts twice'],
  [/LOCAL_SERIAL/i, 'two regions would each have their winner'],
]

/** Tables that some statement writes by compare-and-set, with all statements that write them otherwise. */
function plainWritesBesideConditional(texts: readonly string[]): readonly string[] {
  const writes = texts.flatMap((text) => [...text.matchAll(/(INSERT INTO|UPDATE|DELETE FROM) ([a-z_]+)[^;]*?(?='|`|;|$)/gm)].map(([statement, , table = '']) => ({ table, statement, conditional: / IF /.test(statement) })))
  const conditional = new Set(writes.filter((write) => write.conditional).map(({ table }) => table))
  return writes.filter((write) => !write.conditional && conditional.has(write.table)).map(({ statement }) => statement)
}

/** Consistency levels whose nearest comment above does not speak of them. */
function unexplained(text: string): readonly string[] {
  return [...text.matchAll(/consistency: '([A-Z_]+)'/g)].flatMap(({ index, 1: level = '' }) => {
    const above = text.slice(0, index).split('\n')
    const end = above.findLastIndex((line) => /^\s*\/\//.test(line))
    const start = above.findLastIndex((line, i) => i < end && !/^\s*\/\//.test(line)) + 1
    const comment = above.slice(start, end + 1).join(' ')
    return comment.includes(level) || /no consistency level of its own/.test(comment) ? [] : [`${above.at(-1)}${level}`]
  })
}

test('no statement has what deciding forbids', () => {
  assert.ok(sources.size > 20, `only ${sources.size} files were read`)
  const found = [...sources].flatMap(([file, text]) => forbidden.filter(([what]) => what.test(text)).map(([what, why]) => `${file}: ${what.source}: ${why}`))
  assert.deepEqual(found, [])
})

test('each consistency level is explained by the comment above it', () => {
  const found = [...sources].flatMap(([file, text]) => unexplained(text).map((line) => `${file}: ${line}`))
  assert.deepEqual(found, [])
})

test('what is written by compare-and-set is written by nothing else', () => {
  // A lease whose name ends in its owner's is wanted by nobody else, and its row by no compare-and-set; where a whole table is
  // cleared of what was written by compare-and-set, that rides in a conditional batch.
  const allowed = [/^(INSERT INTO|DELETE FROM) lease /, /^DELETE FROM alarm WHERE tenant = \? AND entity = \? AND alarm = \? AND version <= \?$/]
  const found = plainWritesBesideConditional([...sources.values()]).filter((statement) => !allowed.some((one) => one.test(statement.trim())))
  assert.deepEqual(found, [])
})

test('each of these rules notices what breaks it', () => {
  for (const text of ["'INSERT INTO t (a) VALUES (1) USING TIMESTAMP 5'", "'SELECT * FROM t'", "'SELECT a FROM t WHERE b = 1 ALLOW FILTERING'"]) assert.ok(forbidden.some(([what]) => what.test(text)), text)
  assert.equal(unexplained("// LOCAL_ONE: because\nconst a = { consistency: 'LOCAL_ONE' }\n// It is read.\nconst b = { consistency: 'QUORUM' }").length, 1)
  assert.equal(plainWritesBesideConditional(["cql: 'UPDATE t SET a = ? WHERE b = ? IF a = ?'", "cql: 'DELETE FROM t WHERE b = ?'", "cql: 'DELETE FROM u WHERE b = ?'"]).length, 1)
})
