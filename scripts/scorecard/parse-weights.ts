import { type CategoryKey, type Weights, categoryKeys, defaultWeights } from './categories.ts'

/** What a user wrote is wrong; the message names the value and the rule. */
export class WeightError extends Error {}

const largest = 1_000_000
const decimal = /^(\d+(\.\d*)?|\.\d+)$/

/** The default weights with `category=number` words laid over them; the last word for a category counts. */
export function parseWeights(words: readonly string[]): Weights {
  const weights = { ...defaultWeights, ...Object.fromEntries(words.map(parseWord)) }
  if (categoryKeys.every((key) => weights[key] === 0)) throw new WeightError('Every weight is 0: at least one must be above 0, otherwise nothing is compared.')
  return weights
}

function parseWord(word: string): [CategoryKey, number] {
  const cut = word.indexOf('=')
  if (cut < 0) throw new WeightError(`Weight '${word}' has no '=': write category=number, such as performance=3.`)
  return [parseCategory(word.slice(0, cut)), parseNumber(word.slice(cut + 1), word)]
}

function parseCategory(name: string): CategoryKey {
  const key = categoryKeys.find((candidate) => candidate === name)
  if (key === undefined) throw new WeightError(`Category '${name}' does not exist: it must be one of ${categoryKeys.join(', ')}.`)
  return key
}

function parseNumber(text: string, word: string): number {
  const value = decimal.test(text) ? Number(text) : Number.NaN
  if (value >= 0 && value <= largest) return value
  throw new WeightError(`Weight '${text}' in '${word}' is not allowed: it must be a plain decimal number from 0 to ${largest}, such as 0, 1.5 or 3.`)
}
