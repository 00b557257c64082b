export type AlarmState = 'OK' | 'WARNING' | 'CRITICAL'
export type ConsistencyLevel = 'ONE' | 'QUORUM' | 'ALL'
/** Letters of the reference: s string, i int32, I uint32, l int64, L uint64, n double. */
export type MetricType = 's' | 'i' | 'I' | 'l' | 'L' | 'n'
export interface Metric { readonly type: MetricType; readonly value: string | number; readonly unit: string }
