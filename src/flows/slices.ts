import { hash } from '../core/schedule/hash.ts'
import { chosen } from '../core/schedule/rendezvous.ts'

/** Entities are shared out in so many slices: enough to spread evenly over the sweepers of a few regions. */
export const sliceCount = 16
export type Slices = ReadonlySet<number>
export const allSlices: Slices = new Set(Array.from({ length: sliceCount }, (_, n) => n))

/** The slice to which an entity belongs, the same on every node. */
export const sliceOf = (tenant: string, entity: string): number => hash(`${tenant}/${entity}`) % sliceCount

/** The slices that are `owner`'s among those who share them: when one leaves, only its slices move. */
export function shareOf(owner: string, owners: readonly string[]): Slices {
  return new Set([...allSlices].filter((slice) => chosen(`slice ${slice}`, owners) === owner))
}
