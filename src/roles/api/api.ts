import type { CheckType } from '../../contracts/check-type.ts'
import type { Channel } from '../../contracts/channel.ts'
import { invalid } from '../../core/wire/errors.ts'
import type { RouteId } from '../../core/wire/routes.ts'
import type { Counts } from './counts.ts'
import type { Rates } from './rates.ts'
import type { ApiDeps, Handler } from './types.ts'

/** What handlers work with: the world, and what the API keeps for itself. */
export interface Api extends ApiDeps {
  readonly rates: Rates
  readonly counts: Counts
}

/** Some of the routes' handlers; together they are all. */
export type Handlers<Id extends RouteId> = { readonly [K in Id]: Handler }

export function checkTypeOf(api: Api, type: string): CheckType {
  const found = api.checkTypes.find((one) => one.type === type)
  if (found === undefined) throw invalid('type', `must be one of ${api.checkTypes.map((one) => one.type).join(', ')}; found ${JSON.stringify(type.slice(0, 64))}`)
  return found
}

export function channelOf(api: Api, type: string): Channel {
  const found = api.channels.find((one) => one.type === type)
  if (found === undefined) throw invalid('type', `must be one of ${api.channels.map((one) => one.type).join(', ')}; found ${JSON.stringify(type.slice(0, 64))}`)
  return found
}
