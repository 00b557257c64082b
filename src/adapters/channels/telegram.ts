import { Type } from 'typebox'
import { chatText } from '../../core/routing/text.ts'
import { defineChannel } from '../../contracts/channel.ts'
import { httpUrl, matching, text } from './fields.ts'
import { judge, postJson, secondsField, textField } from './http.ts'

export const telegram = defineChannel({
  type: 'telegram',
  about: 'Sends a Telegram message by a bot',
  details: Type.Object({
    bot_token: matching('^[0-9]+:[A-Za-z0-9_-]+$', 'The token that BotFather gave'),
    chat_id: text('The chat: a number, or @name of a public channel'),
    api_url: Type.Optional(httpUrl('Another Bot API server than https://api.telegram.org')),
  }),
  secrets: ['bot_token'],
  async deliver(context) {
    const { bot_token, chat_id, api_url = 'https://api.telegram.org' } = context.details
    const body = { chat_id, text: chatText(context.message, 4096), link_preview_options: { is_disabled: true } }
    const answer = await postJson(context, `${api_url.replace(/\/+$/, '')}/bot${bot_token}/sendMessage`, JSON.stringify(body))
    return judge(answer, {
      success: 'Success: Telegram took the message', now: context.clock.now(),
      explain: textField('description'), pause: secondsField('parameters', 'retry_after'),
    })
  },
})
