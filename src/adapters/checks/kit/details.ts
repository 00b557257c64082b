import { Type, type TSchema } from 'typebox'
import { patternProblem } from './pattern.ts'
import type { DetailProblem } from '../../../contracts/check-type.ts'

/** Schemas that details are made of; each key says what it is, for the list of check types and for forms. */
export const about = (description: string) => ({ description })

/** A key that may be absent or null. */
export const optional = <T extends TSchema>(schema: T, description: string) => Type.Optional(Type.Union([schema, Type.Null()], { description }))

/** The same with a value that stands for its absence. */
export const defaulting = <T extends TSchema>(schema: T, standard: unknown, description: string) =>
  Type.Optional(Type.Union([schema, Type.Null()], { description, default: standard }))

export const text = (max = 255) => Type.String({ minLength: 1, maxLength: max })
export const port = () => Type.Integer({ minimum: 1, maximum: 65_535 })

/** The first of these keys whose pattern cannot be used. */
export function wrongPattern(patterns: Readonly<Record<string, string | null | undefined>>): DetailProblem | undefined {
  for (const [key, pattern] of Object.entries(patterns)) {
    const message = pattern === null || pattern === undefined ? undefined : patternProblem(pattern)
    if (message !== undefined) return { key, message: `is not a pattern that can be used: ${message}` }
  }
  return undefined
}
