import { Type } from 'typebox'
import { chatText } from '../../core/routing/text.ts'
import { defineChannel } from '../../contracts/channel.ts'
import { httpUrl } from './fields.ts'
import { judge, postJson, secondsField, textField } from './http.ts'

export const discord = defineChannel({
  type: 'discord',
  about: 'Writes into a Discord channel by a webhook',
  details: Type.Object({ url: httpUrl('The webhook that Discord made for the channel') }),
  secrets: ['url'],
  async deliver(context) {
    // Nothing that a target says may mention anybody.
    const body = { content: chatText(context.message, 2000), allowed_mentions: { parse: [] } }
    const answer = await postJson(context, context.details.url, JSON.stringify(body))
    return judge(answer, { success: 'Success: Discord took the message', now: context.clock.now(), explain: textField('message'), pause: secondsField('retry_after') })
  },
})
