import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startVedette } from '../scripts/lab/vedette.ts'
import { detailRows } from '../scripts/reference/details.ts'
import { table } from '../scripts/reference/markdown.ts'
import { referenceFolder, referencePages } from '../scripts/reference.ts'
import { checkTypes } from '../src/adapters/checks/index.ts'
import { familyTable } from '../src/program/metric-families.ts'

for (const [name, text] of Object.entries(referencePages())) {
  test(`the committed page ${name} is what the code says`, async () => {
    assert.equal(await readFile(join(referenceFolder, name), 'utf8'), text, 'run: npm run reference')
  })
}

test('every check type stands on its page, with every detail and metric', () => {
  const text = referencePages()['check-types.md'] ?? ''
  for (const { type, details, metrics } of checkTypes) {
    const section = text.slice(text.indexOf(`## ${type}\n`)).split('\n## ')[0] ?? ''
    for (const name of [...Object.keys(details.properties), ...Object.keys(metrics)]) assert.ok(section.includes(`| \`${name}\` |`), `${type}: ${name}`)
  }
})

test('/metrics of a running server shows the families of the table, in its order', async () => {
  await using vedette = await startVedette()
  const text = await (await fetch(`${vedette.url}/metrics`)).text()
  assert.deepEqual([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]), familyTable.map(({ name, type }) => [name, type]))
  for (const { name, labels, type } of familyTable) {
    const samples = [...text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))]
    for (const [, found = '', value] of samples) {
      assert.deepEqual([...found.matchAll(/(\w+)="/g)].map(([, label]) => label), labels, name)
      assert.ok(Number.isFinite(Number(value)), `${name} ${value}`)
    }
    if (type === 'gauge') assert.ok(samples.length > 0, name)
  }
})

test('a table\'s cells cannot break it, and a detail of an unknown kind is not passed over', () => {
  assert.equal(table(['a'], [['x | <b>\ny']]), '| a |\n|---|\n| x \\| &lt;b> y |')
  assert.throws(() => detailRows({ properties: { odd: { type: 'array' } } }, []), /cannot tell/)
})
