import { Type } from 'typebox'
import type { State } from '../../core/alarm-row.ts'
import { chatText, title } from '../../core/routing/text.ts'
import { defineChannel } from '../../contracts/channel.ts'
import { httpUrl, matching, text } from './fields.ts'
import { judge, postJson, textField } from './http.ts'

/** 5 rings through "do not disturb", 3 is ordinary, 2 makes no sound. */
const looks: Readonly<Record<State, { priority: number; tags: readonly string[] }>> = {
  CRITICAL: { priority: 5, tags: ['rotating_light'] },
  WARNING: { priority: 4, tags: ['warning'] },
  UNKNOWN: { priority: 4, tags: ['question'] },
  OK: { priority: 3, tags: ['white_check_mark'] },
  DISABLED: { priority: 2, tags: ['zzz'] },
}

export const ntfy = defineChannel({
  type: 'ntfy',
  about: 'Publishes to an ntfy topic; the priority follows the state',
  details: Type.Object({
    topic: matching('^[-_A-Za-z0-9]{1,64}$', 'The topic'),
    server: Type.Optional(httpUrl('Another server than https://ntfy.sh')),
    token: Type.Optional(text('An access token, where the topic asks for one')),
  }),
  secrets: ['token'],
  async deliver(context) {
    const { topic, server = 'https://ntfy.sh', token } = context.details
    const { message } = context
    const click = message.link === null ? {} : { click: message.link }
    const body = { topic, title: title(message), message: chatText(message, 2000), ...looks[message.entry.state], ...click }
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await postJson(context, server, JSON.stringify(body), headers)
    return judge(answer, { success: 'Success: ntfy took the message', now: context.clock.now(), explain: textField('error') })
  },
})
