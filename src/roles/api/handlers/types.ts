import type { TObject } from 'typebox'
import { notFound } from '../../../core/wire/errors.ts'
import { envelope, pageOf } from '../../../core/wire/page.ts'
import type { CheckType } from '../../../contracts/check-type.ts'
import type { Channel } from '../../../contracts/channel.ts'
import type { Api, Handlers } from '../api.ts'
import { pageQuery } from '../paging.ts'
import { value, type Call, type Reply } from '../types.ts'

export const typeHandlers = (api: Api): Handlers<'checkTypes.list' | 'checkTypes.get' | 'notificationTypes.list' | 'notificationTypes.get'> => ({
  'checkTypes.list': async (call) => paged(call, api.checkTypes.map(showCheckType)),
  'checkTypes.get': async ({ params: { checkType = '' } }) => value(named(api.checkTypes.map(showCheckType), 'CheckType', checkType)),
  'notificationTypes.list': async (call) => paged(call, api.channels.map(showChannel)),
  'notificationTypes.get': async ({ params: { notificationType = '' } }) => value(named(api.channels.map(showChannel), 'NotificationType', notificationType)),
})

function showCheckType({ type, category, details }: CheckType) {
  return { id: type, category, type: category, metadata: null, supported_platforms: null, fields: fieldsOf(details) }
}

function showChannel({ type, details }: Channel) {
  return { id: type, fields: fieldsOf(details) }
}

function fieldsOf({ properties, required }: TObject) {
  return Object.entries(properties).map(([name, schema]) => ({
    name, description: 'description' in schema && typeof schema.description === 'string' ? schema.description : '', optional: !(required as readonly string[] | undefined ?? []).includes(name),
  }))
}

function named<T extends { readonly id: string }>(all: readonly T[], kind: string, id: string): T {
  const found = all.find((one) => one.id === id)
  if (found === undefined) throw notFound(kind, id)
  return found
}

function paged<T extends { readonly id: string }>(call: Call, all: readonly T[]): Reply {
  const asked = pageQuery(call)
  const page = pageOf(all.toSorted((a, b) => (a.id < b.id ? -1 : 1)), (one) => one.id, asked)
  return value(envelope(page.values, page.next, asked, call.place))
}
