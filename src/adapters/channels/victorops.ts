import { Type } from 'typebox'
import type { State } from '../../core/alarm-row.ts'
import { emailText, title } from '../../core/routing/text.ts'
import { observedAt } from '../../core/routing/message.ts'
import { defineChannel } from '../../contracts/channel.ts'
import { httpUrl, matching } from './fields.ts'
import { judge, postJson, textField } from './http.ts'

const kinds: Readonly<Record<State, string>> = { CRITICAL: 'CRITICAL', WARNING: 'WARNING', UNKNOWN: 'WARNING', OK: 'RECOVERY', DISABLED: 'INFO' }

export const victorops = defineChannel({
  type: 'victorops',
  about: 'Opens an incident at VictorOps (Splunk On-Call) for an alarm and closes it with OK',
  details: Type.Object({
    api_key: matching('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$', 'The key of the REST integration'),
    routing_key: Type.Optional(matching('^[a-zA-Z0-9-_.]+$', 'Which team it goes to')),
    service_endpoint: Type.Optional(httpUrl('Another address than https://alert.victorops.com/integrations/generic/20131114/alert')),
  }),
  secrets: ['api_key'],
  async deliver(context) {
    const { api_key, routing_key = 'default', service_endpoint = 'https://alert.victorops.com/integrations/generic/20131114/alert' } = context.details
    const { message } = context
    const { entry, test } = message
    const body = {
      message_type: test ? 'INFO' : kinds[entry.state],
      entity_id: test ? message.key : entry.key.alarm,
      entity_display_name: title(message),
      state_message: emailText(message),
      state_start_time: Math.floor(observedAt(entry) / 1000),
    }
    const answer = await postJson(context, `${service_endpoint.replace(/\/+$/, '')}/${api_key}/${routing_key}`, JSON.stringify(body))
    return judge(answer, { success: 'Success: VictorOps took the alert', now: context.clock.now(), explain: textField('message') })
  },
})
