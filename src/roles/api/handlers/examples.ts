import { alarmExamples, bindExample, type Example } from '../../../core/wire/alarm-examples.ts'
import { notFound } from '../../../core/wire/errors.ts'
import { whole } from '../../../core/wire/page.ts'
import type { Api, Handlers } from '../api.ts'
import { value } from '../types.ts'

export const exampleHandlers = (_api: Api): Handlers<'examples.list' | 'examples.get' | 'examples.bind'> => ({
  'examples.list': async () => value(whole(alarmExamples)),
  'examples.get': async ({ params: { exampleId = '' } }) => value(exampleOf(exampleId)),
  'examples.bind': async ({ params: { exampleId = '' }, body }) => {
    // The route's schema has read the body.
    const values = (body.values ?? {}) as Readonly<Record<string, string | number>>
    return value({ bound_criteria: bindExample(exampleOf(exampleId), values) })
  },
})

function exampleOf(id: string): Example {
  const found = alarmExamples.find((one) => one.id === id)
  if (found === undefined) throw notFound('AlarmExample', id)
  return found
}
