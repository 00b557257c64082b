import type { TObject } from 'typebox'
import type { DetailProblem } from '../../contracts/check-type.ts'
import type { SecretBox } from '../../contracts/secret-box.ts'
import { invalid } from '../../core/wire/errors.ts'
import { explain, fit } from '../../core/wire/fit.ts'

/** What stands in place of a secret in every answer; sent back, it keeps the secret that is stored. */
export const mask = '********'

type Details = Readonly<Record<string, unknown>>
/** What details of a type look like: a check type or a channel. */
export interface DetailFacts {
  readonly details: TObject
  readonly secrets: readonly string[]
  // The facts of each type know their own details; here they are whatever fits the schema.
  readonly problem?: (details: never) => DetailProblem | undefined
}

/** Details from outside as they are to be stored: valid, completed, secrets sealed. `standing` are the stored ones on a change. */
export function readDetails(facts: DetailFacts, given: unknown, standing: Details | undefined, box: SecretBox, ignored: string[]): Details {
  const unmasked = unmask(facts, given ?? {}, standing === undefined ? undefined : openDetails(facts, standing, box))
  const fitted = fit(facts.details, unmasked, { path: 'details', secrets: facts.secrets, nullIsAbsent: true })
  if (!fitted.ok) {
    const [first] = fitted.problems
    throw first === undefined ? invalid('details', 'not valid') : invalid(first.key, explain(first))
  }
  // fit makes an object of an object schema.
  const details = fitted.value as Details
  const problem = facts.problem?.(details as never)
  if (problem !== undefined) throw invalid(`details.${problem.key}`, problem.message)
  ignored.push(...fitted.ignored)
  return mapSecrets(facts, details, (text) => box.seal(text))
}

/** Details as a probe or a channel wants them. */
export function openDetails(facts: Pick<DetailFacts, 'secrets'>, details: Details, box: SecretBox): Details {
  return mapSecrets(facts, details, (text) => (box.isSealed(text) ? box.open(text) : text))
}

/** Details as an answer shows them. */
export function maskDetails(facts: Pick<DetailFacts, 'secrets'> | undefined, details: Details, box: SecretBox): Record<string, unknown> {
  const shown = facts === undefined ? details : mapSecrets(facts, details, () => mask)
  // A type that is no longer known may have left something sealed: that is a secret whatever it is called.
  return Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, typeof value === 'string' && box.isSealed(value) ? mask : value]))
}

function mapSecrets({ secrets }: Pick<DetailFacts, 'secrets'>, details: Details, change: (text: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(details).map(([key, value]) => [key, secrets.includes(key) && typeof value === 'string' ? change(value) : value]))
}

function unmask({ secrets }: DetailFacts, given: unknown, standing: Details | undefined): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given
  return Object.fromEntries(Object.entries(given).map(([key, value]) => {
    if (value !== mask || !secrets.includes(key)) return [key, value]
    const kept = standing?.[key]
    if (kept === undefined) throw invalid(`details.${key}`, `${mask} stands for a stored secret, and none is stored`)
    return [key, kept]
  }))
}
