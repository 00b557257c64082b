import assert from 'node:assert/strict'
import { access, readFile } from 'node:fs/promises'
import { test } from 'node:test'

/** docs/deciding-tests.md names files and tests: all of them have to be there. */
const root = new URL('../', import.meta.url)

interface Line { readonly number: string; readonly held: readonly string[]; readonly tests: readonly Named[] }
interface Named { readonly file: string; readonly name: string }

/** The lines of the page's tables. */
function linesOf(page: string): readonly Line[] {
  return page.split('\n').filter((line) => /^\| \d/.test(line)).map((line) => {
    const [, number = '', , held = '', tests = ''] = line.split('|').map((cell) => cell.trim())
    return { number, held: [...held.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file), tests: tests.split('<br>').map(namedIn) }
  })
}

function namedIn(text: string): Named {
  const [, file = '', name = ''] = /^`([^`]+)`: (.+)$/.exec(text) ?? []
  return { file, name }
}

/** Whether a source has a test, or a named case of one, of this name; … stands for what differs. */
function hasTest(source: string, name: string): boolean {
  const plain = source.replaceAll("\\'", "'").replaceAll(/\$\{[^}]*\}/g, '…')
  const ends = name.endsWith('…') ? [''] : ["'", '"', '`']
  return ["'", '"', '`'].some((begin) => ends.some((end) => plain.includes(begin + name + end)))
}

async function problemsOf({ number, held, tests }: Line): Promise<readonly string[]> {
  const wrong = held.length === 0 || tests.length === 0 ? [`${number}: nothing holds it`] : []
  for (const file of held) if (await access(new URL(file, root)).then(() => false, () => true)) wrong.push(`${number}: there is no ${file}`)
  for (const { file, name } of tests) {
    const source = await readFile(new URL(file === '' ? 'no such file' : file, root), 'utf8').catch(() => undefined)
    if (source === undefined) wrong.push(`${number}: there is no ${file}`)
    else if (!hasTest(source, name)) wrong.push(`${number}: ${file} has no '${name}'`)
  }
  return wrong
}

test('every file and every test that the page names is there', async () => {
  const lines = linesOf(await readFile(new URL('docs/deciding-tests.md', root), 'utf8'))
  assert.ok(lines.length > 60, `only ${lines.length} lines were read`)
  assert.deepEqual((await Promise.all(lines.map(problemsOf))).flat(), [])
  for (let section = 1; section <= 9; section++) {
    const numbers = lines.filter(({ number }) => number.startsWith(`${section}.`)).map(({ number }) => number)
    assert.deepEqual(numbers, numbers.map((_, n) => `${section}.${n + 1}`))
  }
})

test('a file or a test that is not there is noticed', async () => {
  const page = [
    '| 1.1 | fine | `test/deciding-tests.test.ts` | `test/deciding-tests.test.ts`: a file or a test that is not there is noticed |',
    '| 1.2 | no such file | `src/none.ts` | `src/none.test.ts`: something |', '| 1.3 | no such test | `test/deciding-tests.test.ts` | `test/deciding-tests.test.ts`: a file or a test |',
    '| 1.4 | nobody holds it |  |  |',
  ].join('\n')
  const wrong = (await Promise.all(linesOf(page).map(problemsOf))).map((problems) => problems.length)
  assert.deepEqual(wrong, [0, 2, 1, 2])
})
