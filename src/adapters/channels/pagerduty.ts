import { Type } from 'typebox'
import type { State } from '../../core/alarm-row.ts'
import { emailText, cut, title } from '../../core/routing/text.ts'
import { observedAt, targetOf, type Message } from '../../core/routing/message.ts'
import { defineChannel } from '../../contracts/channel.ts'
import { httpUrl, matching } from './fields.ts'
import { field, judge, postJson } from './http.ts'

const severities: Readonly<Record<State, string>> = { CRITICAL: 'critical', WARNING: 'warning', UNKNOWN: 'error', OK: 'info', DISABLED: 'info' }

export const pagerduty = defineChannel({
  type: 'pagerduty',
  about: 'Opens a PagerDuty incident (Events API v2) for an alarm and resolves it with OK',
  details: Type.Object({
    service_key: matching('^[A-Za-z0-9]{1,32}$', 'The integration key of the service'),
    service_endpoint: Type.Optional(httpUrl('Another address than https://events.pagerduty.com/v2/enqueue')),
  }),
  secrets: ['service_key'],
  async deliver(context) {
    const { service_key, service_endpoint = 'https://events.pagerduty.com/v2/enqueue' } = context.details
    const answer = await postJson(context, service_endpoint, JSON.stringify({ routing_key: service_key, ...event(context.message) }))
    return judge(answer, { success: 'Success: PagerDuty took the event', now: context.clock.now(), explain: reasons })
  },
})

/** All events of an alarm share its id as `dedup_key`: one incident, which OK resolves. A test has an incident of its own. */
function event(message: Message) {
  const { entry, link, test, key } = message
  if (entry.state === 'OK' && !test) return { event_action: 'resolve', dedup_key: entry.key.alarm }
  return {
    event_action: 'trigger',
    dedup_key: test ? key : entry.key.alarm,
    client: 'Vedette',
    ...(link === null ? {} : { client_url: link }),
    payload: {
      summary: cut(`${title(message)}: ${entry.status}`, 1024),
      source: targetOf(entry.context) ?? entry.context?.entity.label ?? entry.key.entity,
      severity: test ? 'info' : severities[entry.state],
      timestamp: new Date(observedAt(entry)).toISOString(),
      component: entry.context?.check.type ?? entry.check,
      custom_details: { key, text: cut(emailText(message), 4096) },
    },
  }
}

/** `{"status":"invalid event","message":"…","errors":["'routing_key' is …"]}` */
function reasons(body: string): string | undefined {
  const errors = field(body, 'errors')
  if (Array.isArray(errors) && errors.length > 0) return errors.map(String).join('; ')
  const message = field(body, 'message')
  return typeof message === 'string' ? message : undefined
}
