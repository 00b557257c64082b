import { Type } from 'typebox'
import { defineCheckType } from '../../contracts/check-type.ts'
import { defaulting } from './kit/details.ts'
import { milliseconds, words } from './kit/metrics.ts'

/** Runs nowhere: a job reports by HTTP that it ran, and being overdue is a state. */
export const heartbeat = defineCheckType({
  type: 'heartbeat',
  category: 'heartbeat',
  about: 'Waits for a job to report; overdue after period and grace',
  details: Type.Object({
    key: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$', description: 'names the check in the address that the job reports to; made by the service' })),
    grace: defaulting(Type.Integer({ minimum: 0, maximum: 31 * 86_400 }), 60, 'seconds that a report may be late'),
  }),
  metrics: {
    duration: milliseconds('how long the job ran, as it says'),
    exit_code: { type: 'i', unit: 'unknown', about: 'how the job ended, as it says; 0 is well' },
    message: words('what the job says about itself'),
  },
})
