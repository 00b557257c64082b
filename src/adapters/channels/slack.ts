import { Type } from 'typebox'
import { chatText } from '../../core/routing/text.ts'
import { defineChannel } from '../../contracts/channel.ts'
import { httpUrl } from './fields.ts'
import { judge, postJson } from './http.ts'

/** Slack reads these three as markup; escaped, whatever a target says stays text and mentions nobody. */
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

export const slack = defineChannel({
  type: 'slack',
  about: 'Writes into a Slack channel by an incoming webhook',
  details: Type.Object({ url: httpUrl('The incoming webhook that Slack made for the channel') }),
  secrets: ['url'],
  async deliver(context) {
    const text = chatText(context.message, 3000).replace(/[&<>]/g, (char) => escapes[char] ?? char)
    const answer = await postJson(context, context.details.url, JSON.stringify({ text }))
    // Slack answers a refusal with one plain word, such as no_service.
    return judge(answer, { success: 'Success: Slack took the message', now: context.clock.now(), explain: (body) => /^\w{1,80}$/.exec(body)?.[0] })
  },
})
