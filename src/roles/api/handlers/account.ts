import { withChange } from '../../../core/wire/drafts.ts'
import type { Account } from '../../../core/entities/resources.ts'
import type { Stored } from '../../../contracts/configuration.ts'
import { rates, type RateBucket } from '../../../core/entities/defaults.ts'
import { notFound } from '../../../core/wire/errors.ts'
import type { Api, Handlers } from '../api.ts'
import { change, settle } from '../changing.ts'
import { value } from '../types.ts'

export const accountHandlers = (api: Api): Handlers<'account.get' | 'account.put' | 'limits.get'> => ({
  'account.get': async ({ tenant }) => value((await accountOf(api, tenant)).value),
  'account.put': async ({ tenant, body }) => {
    const id = await settle(api, async () => {
      const standing = await accountOf(api, tenant)
      const next: Account = withChange('account', standing.value, body, {})
      return { outcome: await api.configuration.commit({ tenant }, [change('account', standing.id, standing.version, next)]), result: standing.id }
    })
    return { kind: 'updated', path: '/account', id }
  },
  'limits.get': async ({ tenant }) => value({
    resource: { checks: api.settings.maxChecks, alarms: api.settings.maxAlarms },
    rate: Object.fromEntries((Object.keys(rates) as RateBucket[]).map((bucket) => [bucket, api.rates.show(tenant, bucket)])),
  }),
})

/** A tenant has one account, whatever its id. */
async function accountOf({ configuration }: Api, tenant: string): Promise<Stored<'account'>> {
  const [account] = (await configuration.list('account', { tenant }, { limit: 1 })).values
  if (account === undefined) throw notFound('Account', tenant)
  return account
}
