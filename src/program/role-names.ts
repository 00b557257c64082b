/** Everything that a process may do, in the order in which it begins. */
export const roleNames = ['api', 'console', 'endpoint', 'notifier', 'sweeper', 'poller'] as const
export type RoleName = (typeof roleNames)[number]
