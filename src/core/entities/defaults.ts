/** Defaults and limits of the reference, sections 6 and 10; seconds where not said otherwise. */
export const defaults = { period: 60, timeout: 30, page: 100, alarmConsecutiveCount: 1, pingConsecutiveCount: 3 } as const
export const limits = {
  page: 1000, checks: 1000, alarms: 10_000, minPeriod: 5, maxPeriod: 1800, maxHeartbeatPeriod: 31 * 86_400,
  minTimeout: 2, plotPoints: 1440, historyDays: 30,
} as const
/** Requests a bucket a day (reference, section 6). */
export const rates = { global: 50_000, test_check: 500, test_alarm: 500, test_notification: 200, traceroute: 300 } as const
export type RateBucket = keyof typeof rates
