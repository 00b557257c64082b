import type { Api } from '../api.ts'
import type { AllHandlers } from '../serve-routes.ts'
import { accountHandlers } from './account.ts'
import { alarmHandlers } from './alarms.ts'
import { checkHandlers } from './checks.ts'
import { entityHandlers } from './entities.ts'
import { exampleHandlers } from './examples.ts'
import { historyHandlers } from './history.ts'
import { metricHandlers } from './metrics.ts'
import { notificationHandlers } from './notifications.ts'
import { planHandlers } from './plans.ts'
import { testHandlers } from './tests.ts'
import { tokenHandlers } from './tokens.ts'
import { typeHandlers } from './types.ts'
import { viewHandlers } from './views.ts'
import { zoneHandlers } from './zones.ts'

/** A handler for every route of the table; one that is missing does not compile. */
export const allHandlers = (api: Api): AllHandlers => ({
  ...accountHandlers(api), ...entityHandlers(api), ...checkHandlers(api), ...alarmHandlers(api), ...notificationHandlers(api), ...planHandlers(api),
  ...zoneHandlers(api), ...testHandlers(api), ...metricHandlers(api), ...historyHandlers(api), ...viewHandlers(api), ...typeHandlers(api), ...exampleHandlers(api), ...tokenHandlers(api),
})
