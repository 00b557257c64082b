import type { Credentials } from '../../roles/api/bootstrap.ts'
import type { Config } from '../config.ts'

type Named = Pick<Config, 'adminUser' | 'adminKey' | 'adminToken' | 'publicUrl' | 'data' | 'store' | 'roles' | 'region'>

/**
 * What a person needs to know once Vedette is up: where to look and how to get in. What the first start generated is
 * shown that once; what the operator gave is not repeated, since logs are read by many.
 */
export function announcement(config: Named, url: string, credentials: Credentials | null): string {
  const address = config.publicUrl ?? url
  // Whoever comes first tells the credentials, whatever it does: nobody else ever can.
  if (credentials === null && !config.roles.includes('api')) return `\n  Vedette is up in ${config.region}: ${config.roles.join(', ')}. It tells how it is at ${url}/readyz\n`
  return credentials === null ? again(config, address) : first(config, address, credentials)
}

function first({ adminUser, adminKey, adminToken, data, store, roles }: Named, address: string, { key, token }: Credentials): string {
  const isPage = roles.includes('console')
  const signsIn = isPage && adminToken === undefined
  const link = signsIn ? `${address}/#token=${token}` : address
  const secrets = adminKey !== undefined && adminToken !== undefined ? '' : ' What follows is shown once:'
  return `
  Vedette is up. This is its first start.${secrets}

    ${isPage ? 'console' : 'address'}    ${link}
    user       ${adminUser}
    API key    ${adminKey === undefined ? key : 'as given in VEDETTE_ADMIN_KEY'}
    token      ${adminToken === undefined ? token : 'as given in VEDETTE_ADMIN_TOKEN'}

  ${signsIn ? 'The link signs you in. ' : ''}Everything is kept in ${typeof store === 'string' ? data : `Cassandra, keyspace ${store.keyspace}`}; Ctrl-C stops Vedette.
`
}

function again({ adminUser, adminKey }: Named, address: string): string {
  const how = adminKey === undefined
    ? `with the API key that the first start showed.\n  If it is lost: start once with VEDETTE_ADMIN_KEY set to a new one of 16 characters or more.`
    : 'with the API key in VEDETTE_ADMIN_KEY.'
  return `
  Vedette is up: ${address}
  Sign in as "${adminUser}" ${how}
`
}
