import type { ByteWriter } from './bytes.ts'
import type { Definitions } from './protocol.ts'

/** Past this many words a new text is written out each time, so that odd input cannot fill the memory. */
const wordLimit = 50_000

/** Where a record refers to a word: nothing, a text written out, or the word with number `ref - firstWord`. */
export const noWord = 0
export const spelledOut = 1
export const firstWord = 2

/**
 * Texts that come again and again, by number: boot ids, targets, the shapes of metrics. A new one is defined in the next
 * batch; a batch that failed is defined again by the one after it.
 */
export class Words {
  readonly #ids = new Map<string, number>()
  #fresh: Definitions = noDefinitions()

  constructor(known: readonly [id: number, text: string][]) {
    for (const [id, text] of known) this.#ids.set(text, id)
  }

  write(out: ByteWriter, text: string | null): void {
    if (text === null) return out.uint(noWord)
    const id = this.#ids.get(text) ?? this.#define(text)
    if (id !== undefined) return out.uint(id + firstWord)
    out.uint(spelledOut)
    out.text(text)
  }

  /** Where series and metrics announce themselves beside the words. */
  get fresh(): Definitions {
    return this.#fresh
  }

  /** The definitions that the next batch has to carry. */
  take(): Definitions {
    const taken = this.#fresh
    this.#fresh = noDefinitions()
    return taken
  }

  /** The batch with these definitions was not written: the next one carries them again, first. */
  giveBack(failed: Definitions): void {
    this.#fresh = {
      words: [...failed.words, ...this.#fresh.words],
      series: [...failed.series, ...this.#fresh.series],
      metrics: [...failed.metrics, ...this.#fresh.metrics],
    }
  }

  #define(text: string): number | undefined {
    if (this.#ids.size >= wordLimit) return undefined
    const id = this.#ids.size
    this.#ids.set(text, id)
    this.#fresh.words.push([id, text])
    return id
  }
}

export function noDefinitions(): Definitions {
  return { words: [], series: [], metrics: [] }
}
