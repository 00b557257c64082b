import { createHmac } from 'node:crypto'
import { Type } from 'typebox'
import { webhookPayload } from '../../core/routing/webhook-payload.ts'
import { defineChannel } from '../../contracts/channel.ts'
import { httpUrl, text } from './fields.ts'
import { judge, postJson } from './http.ts'

export const webhook = defineChannel({
  type: 'webhook',
  about: 'Posts the whole change as JSON to a URL',
  details: Type.Object({
    url: httpUrl('Where to post'),
    secret: Type.Optional(text('Signs each request in X-Vedette-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">')),
  }),
  secrets: ['secret'],
  async deliver(context) {
    const { details, message, clock } = context
    const body = JSON.stringify(webhookPayload(message))
    const token = message.account.webhook_token
    const answer = await postJson(context, details.url, body, {
      ...(token === null ? {} : { 'x-rackspace-webhook-token': token }),
      ...(details.secret === undefined ? {} : { 'x-vedette-signature': sign(details.secret, body, Math.floor(clock.now() / 1000)) }),
    })
    return judge(answer, { success: 'Success: Webhook successfully executed', now: clock.now() })
  },
})

/** The time is signed with the body, so that a recorded request cannot be played again for ever. */
function sign(secret: string, body: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}
