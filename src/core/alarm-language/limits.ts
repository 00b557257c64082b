/** The table of the reference, section 1; lengths in UTF-16 units. */
export const limits = {
  criteria: 16_384,
  comparisons: 10,
  consecutiveCount: 5,
  metricName: 128,
  comparedString: 80,
  message: 128,
} as const

/** What the functions take. */
export const functions: Readonly<Record<string, { readonly params: number; readonly metricsOnly: boolean }>> = {
  previous: { params: 1, metricsOnly: true },
  rate: { params: 1, metricsOnly: true },
  percentage: { params: 2, metricsOnly: false },
}
