import type { FastifyInstance } from 'fastify'
import { KeyForm, PasswordForm } from '../../core/wire/bodies.ts'
import { Refusal } from '../../core/wire/errors.ts'
import { fit } from '../../core/wire/fit.ts'
import { sendJson } from './answers.ts'
import { parseBody } from './body.ts'
import { originOf } from './requests.ts'
import type { ApiSettings } from './settings.ts'
import type { Credentials, Issued, SignIn } from './sign-in.ts'

/** `POST /v2.0/tokens`: the part of Keystone's identity service that clients need in order to find this API. */
export function serveIdentity(app: FastifyInstance, signIn: SignIn, settings: ApiSettings): void {
  app.post('/v2.0/tokens', async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? parseBody(request.body, request.headers['content-type'], settings) : undefined
    const { credentials, tenant } = readForm(body)
    const issued = await signIn.signIn(credentials)
    if (tenant !== undefined && tenant !== issued.token.tenant) throw new Refusal('unauthorizedError', 'Unable to authenticate', 'The user does not belong to this tenant')
    return sendJson(reply, 200, access(issued, originOf(request, settings.publicUrl)))
  })
}

function readForm(body: unknown): { readonly credentials: Credentials; readonly tenant: string | undefined } {
  const key = fit(KeyForm, body)
  if (key.ok) {
    // fit has made it this form.
    const { auth } = key.value as KeyForm
    const { username, apiKey } = auth['RAX-KSKEY:apiKeyCredentials']
    return { credentials: { username, kind: 'key', secret: apiKey }, tenant: auth.tenantName ?? auth.tenantId }
  }
  const password = fit(PasswordForm, body)
  if (!password.ok) throw new Refusal('badRequest', 'Validation error', 'auth must hold RAX-KSKEY:apiKeyCredentials with username and apiKey, or passwordCredentials with username and password')
  const { auth } = password.value as PasswordForm
  return { credentials: { username: auth.passwordCredentials.username, kind: 'password', secret: auth.passwordCredentials.password }, tenant: auth.tenantName ?? auth.tenantId }
}

/** The Keystone v2 shape; the catalogue's entry has no region, because there is one address for all. */
function access({ text: id, token }: Issued, origin: string) {
  const roles = token.roles.map((name) => ({ id: name, name, description: name }))
  const endpoint = { tenantId: token.tenant, publicURL: `${origin}/v1.0/${token.tenant}` }
  return {
    access: {
      token: { id, expires: token.expires_at === null ? null : new Date(token.expires_at).toISOString(), tenant: { id: token.tenant, name: token.tenant } },
      user: { id: token.user, name: token.user, roles },
      serviceCatalog: [{ name: 'cloudMonitoring', type: 'rax:monitor', endpoints: [endpoint] }],
    },
  }
}
