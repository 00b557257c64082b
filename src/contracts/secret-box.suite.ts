import assert from 'node:assert/strict'
import fc from 'fast-check'
import { defineSuite } from './define.suite.ts'
import type { SecretBox } from './secret-box.ts'

/** Two boxes with keys of their own. */
export interface TestedBoxes { readonly box: SecretBox; readonly foreign: SecretBox }

export const secretBoxSuite = defineSuite<TestedBoxes>('secret box', {
  async 'what was sealed opens to what it was'({ box }) {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (plain) => assert.equal(box.open(box.seal(plain)), plain)))
  },

  async 'two seals of one text differ, and neither shows it'({ box }) {
    assert.notEqual(box.seal('correct horse'), box.seal('correct horse'))
    assert.ok(!box.seal('correct horse').includes('horse'))
  },

  async 'a changed seal throws, wherever it was changed'({ box }) {
    const sealed = box.seal('correct horse')
    fc.assert(fc.property(fc.nat(sealed.length - 1), fc.constantFrom('A', 'Z', 'a', 'z', '0', '9'), (place, letter) => {
      fc.pre(sealed[place] !== letter)
      let opened: string
      try {
        opened = box.open(sealed.slice(0, place) + letter + sealed.slice(place + 1))
      } catch {
        return
      }
      // A letter may carry bits that stand for nothing; then nothing was changed.
      assert.equal(opened, 'correct horse')
    }))
    assert.throws(() => box.open(sealed.slice(0, -4)))
    assert.throws(() => box.open('correct horse'))
    assert.throws(() => box.open(''))
  },

  async 'a foreign seal throws'({ box, foreign }) {
    assert.throws(() => box.open(foreign.seal('correct horse')))
  },

  async 'isSealed tells a sealed text from a plain one'({ box }) {
    assert.equal(box.isSealed(box.seal('')), true)
    for (const plain of ['', 'correct horse', 'https://example.org/hook']) assert.equal(box.isSealed(plain), false)
  },
})
