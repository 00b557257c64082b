import { observationId, type Observation } from '../../core/observation.ts'
import { mostObservations } from './messages.ts'
import type { ConnectSettings } from './settings.ts'

export interface Parcel { readonly observations: Observation[]; readonly ids: string[]; readonly ages: (number | null)[] | undefined }

/** Observations in parcels that a frame can carry, in their order; `tooLarge` are the identities of those that none can. */
export function inParcels(observations: readonly Observation[], ages: readonly (number | null)[] | undefined, { postBytes, longestLine }: Pick<ConnectSettings, 'postBytes' | 'longestLine'>): { readonly parcels: readonly Parcel[]; readonly tooLarge: readonly string[] } {
  const parcels: Parcel[] = []
  const tooLarge: string[] = []
  let room = 0
  for (const [index, observation] of observations.entries()) {
    const [id, size] = [observationId(observation), Buffer.byteLength(JSON.stringify(observation))]
    // A tenth is left for the frame around it.
    if (size > longestLine * 0.9) {
      tooLarge.push(id)
      continue
    }
    if (parcels.length === 0 || size > room || parcels.at(-1)!.ids.length >= mostObservations) {
      parcels.push({ observations: [], ids: [], ages: ages === undefined ? undefined : [] })
      room = postBytes
    }
    room -= size
    const parcel = parcels.at(-1)!
    parcel.observations.push(observation)
    parcel.ids.push(id)
    parcel.ages?.push(ages?.[index] ?? null)
  }
  return { parcels, tooLarge }
}
