import { Type } from 'typebox'

/** Kinds of details that several channels have; the description is what the API and the console show. */
export const httpUrl = (description: string) => Type.String({ description, pattern: '^https?://[^\\s/]+', maxLength: 4096 })
export const text = (description: string) => Type.String({ description, minLength: 1, maxLength: 4096 })
export const matching = (pattern: string, description: string) => Type.String({ description, pattern, maxLength: 4096 })
