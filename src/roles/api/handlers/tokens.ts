import type { Token } from '../../../core/entities/resources.ts'
import type { TokenDraft } from '../../../core/wire/bodies.ts'
import { notFound } from '../../../core/wire/errors.ts'
import { envelope, pageOf } from '../../../core/wire/page.ts'
import type { Api, Handlers } from '../api.ts'
import { remove } from '../changing.ts'
import { pageQuery } from '../paging.ts'
import { everyRow } from '../scan.ts'
import { common, issueToken } from '../sign-in.ts'
import { value, type Call, type Reply } from '../types.ts'

export const tokenHandlers = (api: Api): Handlers<'tokens.list' | 'tokens.post' | 'tokens.delete'> => ({
  'tokens.list': (call) => listTokens(api, call),
  'tokens.post': async ({ session, body }) => {
    // The route's schema has read the body.
    const { label, roles, days } = body as TokenDraft
    const expiresAt = days === null || days === undefined ? null : api.clock.now() + days * 86_400_000
    const { text, token } = await issueToken(api, { name: session.user, tenant: session.tenant, roles: roles ?? session.roles }, label ?? null, expiresAt)
    return value({ ...show(token), token: text })
  },
  'tokens.delete': async ({ tenant, params: { tokenId = '' } }) => {
    await remove(api, 'token', common, tokenId, 'Token', (standing) => {
      if (standing.tenant !== tenant) throw notFound('Token', tokenId)
    })
    return { kind: 'deleted' }
  },
})

async function listTokens({ configuration }: Api, call: Call): Promise<Reply> {
  const own: Token[] = []
  for await (const row of everyRow(configuration, 'token', common)) if (row.value.tenant === call.tenant) own.push(row.value)
  const asked = pageQuery(call)
  const page = pageOf(own, (token) => token.hash, asked)
  return value(envelope(page.values.map(show), page.next, asked, call.place))
}

function show({ hash, user, label, roles, created_at, expires_at }: Token) {
  return { id: hash, user, label, roles, created_at, expires_at }
}
