import { Type, type TObject, type TSchema } from 'typebox'
import type { RateBucket } from '../entities/defaults.ts'
import * as bodies from './bodies.ts'
import { writables } from './drafts.ts'
import type { ErrorType } from './errors.ts'
import { listOf } from './page.ts'
import type { Right } from './rights.ts'
import * as shown from './shown.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What a route answers when all is well; 201 and 204 have no body. `located`: Location and X-Object-ID come with it. */
export type Answer = { readonly status: 200; readonly schema: TSchema } | { readonly status: 201 | 204; readonly located: boolean }

/** One route of the API, relative to /v1.0/{tenantId}: from it come the address, the validation and the OpenAPI document. */
export interface Route {
  readonly method: Method
  readonly path: string
  readonly about: string
  readonly right: Right
  readonly bucket?: RateBucket
  readonly query?: TObject
  /** absent: whatever body comes is ignored */
  readonly body?: TObject
  /** keys that a body may carry and that are passed over without a word */
  readonly passedOver?: readonly string[]
  readonly answer: Answer
  /** besides those that every route may give */
  readonly errors: readonly ErrorType[]
}

/** What every route under a tenant may answer. */
export const commonErrors = ['unauthorizedError', 'forbiddenError', 'missingCapabilitiesError', 'rateLimitReached', 'internalError', 'systemFailureError'] as const satisfies readonly ErrorType[]

/** Which prefixes the ids in an address have; parameters that are not here are free text. */
export const paramPrefixes: Readonly<Record<string, readonly string[]>> = {
  entityId: ['en'], checkId: ['ch'], alarmId: ['al'], notificationId: ['nt'], planId: ['np'], zoneId: ['mz', 'pz'],
}

const show = (schema: TSchema): Answer => ({ status: 200, schema })
const created: Answer = { status: 201, located: true }
const updated: Answer = { status: 204, located: true }
const deleted: Answer = { status: 204, located: false }

type Extra = Partial<Pick<Route, 'bucket' | 'query' | 'body' | 'passedOver' | 'errors' | 'right'>>
const get = (path: string, about: string, schema: TSchema, extra: Extra = {}): Route =>
  ({ method: 'GET', path, about, right: 'read', answer: show(schema), errors: path.includes('{') ? ['notFoundError', 'invalidKeyPrefix'] : [], ...extra })
const list = (path: string, about: string, item: TSchema, query: TObject, extra: Extra = {}): Route =>
  get(path, about, listOf(item), { query, ...extra, errors: ['badRequest', 'invalidLimit', ...(path.includes('{') ? ['parentNotFoundError', 'invalidKeyPrefix'] as const : []), ...extra.errors ?? []] })
const post = (path: string, about: string, name: keyof typeof writables, errors: readonly ErrorType[]): Route =>
  ({ method: 'POST', path, about, right: 'create', body: writables[name].create, passedOver: writables[name].readOnly, answer: created, errors: ['badRequest', 'requestTooLargeError', ...errors] })
const put = (path: string, about: string, name: keyof typeof writables, errors: readonly ErrorType[] = []): Route =>
  ({ method: 'PUT', path, about, right: 'update', body: writables[name].update, passedOver: writables[name].readOnly, answer: updated, errors: ['badRequest', 'requestTooLargeError', 'notFoundError', 'invalidKeyPrefix', ...errors] })
const remove = (path: string, about: string): Route =>
  ({ method: 'DELETE', path, about, right: 'delete', answer: deleted, errors: ['notFoundError', 'invalidKeyPrefix'] })
const run = (path: string, about: string, schema: TSchema, extra: Extra): Route =>
  ({ method: 'POST', path, about, right: 'create', answer: show(schema), ...extra, errors: ['badRequest', ...(extra.body === undefined ? [] : ['requestTooLargeError'] as const), ...(path.includes('{') ? ['invalidKeyPrefix'] as const : []), ...extra.errors ?? []] })

const en = '/entities/{entityId}'
const ch = `${en}/checks/{checkId}`
const al = `${en}/alarms/{alarmId}`
const LatestStates = Type.Array(bodies.LatestState)

export const routes = {
  'account.get': get('/account', 'The account', shown.ShownAccount),
  'account.put': put('/account', 'Changes the account', 'account'),
  'limits.get': get('/limits', 'How much the account may have and do, and how much of it is used', bodies.ShownLimits),

  'tokens.list': list('/tokens', 'The tokens of the account, without their texts', bodies.ShownToken, bodies.PageQuery, { right: 'delete' }),
  'tokens.post': run('/tokens', 'Makes a token that lasts; its text is in this answer and nowhere else', bodies.NewToken, { right: 'delete', body: bodies.TokenDraft }),
  'tokens.delete': remove('/tokens/{tokenId}', 'Revokes a token'),

  'entities.list': list('/entities', 'The entities of the account', shown.ShownEntity, bodies.PageQuery),
  'entities.post': post('/entities', 'Creates an entity', 'entity', []),
  'entities.get': get(en, 'One entity', shown.ShownEntity),
  'entities.put': put(en, 'Changes an entity', 'entity'),
  'entities.delete': remove(en, 'Deletes an entity with its checks and alarms'),

  'checks.list': list(`${en}/checks`, 'The checks of an entity', shown.ShownCheck, bodies.FilteredQuery),
  'checks.post': post(`${en}/checks`, 'Creates a check', 'check', ['parentNotFoundError', 'requiredNotFoundError', 'invalidKeyPrefix', 'limitReached']),
  'checks.get': get(ch, 'One check', shown.ShownCheck),
  'checks.put': put(ch, 'Changes a check', 'check', ['requiredNotFoundError']),
  'checks.delete': remove(ch, 'Deletes a check and its alarms'),
  'checks.try': run(`${en}/test-check`, 'Runs a check that is not stored once, from each of its zones', Type.Array(bodies.CheckResult),
    { bucket: 'test_check', body: writables.check.create, passedOver: writables.check.readOnly, query: bodies.DebugQuery, errors: ['parentNotFoundError', 'requiredNotFoundError'] }),
  'checks.test': run(`${ch}/test`, 'Runs a stored check once, from each of its zones', Type.Array(bodies.CheckResult), { bucket: 'test_check', query: bodies.DebugQuery, errors: ['notFoundError'] }),

  'metrics.list': get(`${ch}/metrics`, 'The metrics that a check has given', listOf(bodies.MetricFacts)),
  'metrics.plot': get(`${ch}/metrics/{metricName}/plot`, 'Points of one metric: at most 1440; next_marker is where the rest begins', listOf(bodies.PlotPoint),
    { query: bodies.PlotQuery, errors: ['badRequest', 'notFoundError', 'invalidKeyPrefix'] }),

  'alarms.list': list(`${en}/alarms`, 'The alarms of an entity', shown.ShownAlarm, bodies.FilteredQuery),
  'alarms.post': post(`${en}/alarms`, 'Creates an alarm', 'alarm', ['parentNotFoundError', 'requiredNotFoundError', 'invalidKeyPrefix', 'alarmParseError', 'limitReached']),
  'alarms.get': get(al, 'One alarm', shown.ShownAlarm),
  'alarms.put': put(al, 'Changes an alarm', 'alarm', ['requiredNotFoundError', 'alarmParseError']),
  'alarms.delete': remove(al, 'Deletes an alarm'),
  'alarms.try': run(`${en}/test-alarm`, 'Evaluates criteria over results of test-check; consecutiveCount is 1', Type.Array(bodies.Transition),
    { bucket: 'test_alarm', body: bodies.TestAlarm, errors: ['parentNotFoundError', 'alarmParseError'] }),
  'history.checks': get(`${al}/notification_history`, 'The checks for which an alarm has notification history', Type.Object({ check_ids: Type.Array(Type.String()) })),
  'history.list': list(`${al}/notification_history/{checkId}`, 'Who was told of an alarm\'s changes', bodies.HistoryItem, bodies.SeriesQuery, { errors: ['notFoundError'] }),
  'history.get': get(`${al}/notification_history/{checkId}/{itemId}`, 'Who was told of one change', bodies.HistoryItem),

  'notifications.list': list('/notifications', 'The notifications of the account', shown.ShownNotification, bodies.FilteredQuery),
  'notifications.post': post('/notifications', 'Creates a notification', 'notification', []),
  'notifications.get': get('/notifications/{notificationId}', 'One notification', shown.ShownNotification),
  'notifications.put': put('/notifications/{notificationId}', 'Changes a notification', 'notification'),
  'notifications.delete': remove('/notifications/{notificationId}', 'Deletes a notification; refused while a plan names it'),
  'notifications.try': run('/test-notification', 'Sends a test message with a notification that is not stored', bodies.TestOutcome, { bucket: 'test_notification', body: bodies.TestNotification, passedOver: ['who', 'why', 'id'] }),
  'notifications.test': run('/notifications/{notificationId}/test', 'Sends a test message', bodies.TestOutcome, { bucket: 'test_notification', errors: ['notFoundError'] }),

  'plans.list': list('/notification_plans', 'The notification plans of the account, built-in ones included', shown.ShownPlan, bodies.FilteredQuery),
  'plans.post': post('/notification_plans', 'Creates a notification plan', 'notificationPlan', ['requiredNotFoundError', 'invalidKeyPrefix']),
  'plans.get': get('/notification_plans/{planId}', 'One notification plan', shown.ShownPlan),
  'plans.put': put('/notification_plans/{planId}', 'Changes a notification plan', 'notificationPlan', ['requiredNotFoundError']),
  'plans.delete': remove('/notification_plans/{planId}', 'Deletes a notification plan; refused while an alarm uses it'),

  'zones.list': list('/monitoring_zones', 'Public and private monitoring zones', shown.ShownZone, bodies.PageQuery),
  'zones.post': post('/monitoring_zones', 'Creates a private monitoring zone', 'monitoringZone', []),
  'zones.get': get('/monitoring_zones/{zoneId}', 'One monitoring zone', shown.ShownZone),
  'zones.put': put('/monitoring_zones/{zoneId}', 'Changes a private monitoring zone', 'monitoringZone'),
  'zones.delete': remove('/monitoring_zones/{zoneId}', 'Deletes a private monitoring zone; refused while a check names it'),

  'checkTypes.list': list('/check_types', 'What checks there are', bodies.ShownCheckType, bodies.PageQuery),
  'checkTypes.get': get('/check_types/{checkType}', 'One type of check', bodies.ShownCheckType, { errors: ['notFoundError'] }),
  'notificationTypes.list': list('/notification_types', 'What notifications there are', bodies.ShownNotificationType, bodies.PageQuery),
  'notificationTypes.get': get('/notification_types/{notificationType}', 'One type of notification', bodies.ShownNotificationType, { errors: ['notFoundError'] }),

  'changes.list': list('/changelogs/alarms', 'The state changes of all alarms', bodies.Change, bodies.ChangesQuery, { errors: ['parentNotFoundError', 'invalidKeyPrefix'] }),
  'views.overview': list('/views/overview', 'Entities with their checks, alarms and latest states', Type.Object({
    entity: shown.ShownEntity, checks: Type.Array(shown.ShownCheck), alarms: Type.Array(shown.ShownAlarm), latest_alarm_states: LatestStates,
  }), bodies.ViewQuery, { errors: ['notFoundError', 'invalidKeyPrefix'] }),
  'views.states': list('/views/latest_alarm_states', 'The latest state of each alarm, by entity', Type.Object({
    entity_id: Type.String(), entity_uri: Type.Union([Type.String(), Type.Null()]), entity_label: Type.String(), latest_alarm_states: LatestStates,
  }), bodies.ViewQuery, { errors: ['notFoundError', 'invalidKeyPrefix'] }),

  'examples.list': get('/alarm_examples', 'Templates of criteria', listOf(bodies.AlarmExample)),
  'examples.get': get('/alarm_examples/{exampleId}', 'One template of criteria', bodies.AlarmExample, { errors: ['notFoundError'] }),
  'examples.bind': { ...run('/alarm_examples/{exampleId}', 'Fills in a template', Type.Object({ bound_criteria: Type.String() }), { body: bodies.BindExample }), right: 'read', errors: ['badRequest', 'notFoundError', 'requestTooLargeError'] },
} as const satisfies Readonly<Record<string, Route>>
export type RouteId = keyof typeof routes
