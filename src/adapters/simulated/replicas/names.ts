import type { AlarmKey } from '../../../core/alarm-row.ts'

/** Partitions and rows are named by texts; a part never holds what parts them. */
const between = '\u0001'
/** after everything that begins with a prefix */
const last = '\uffff'

export const nameOf = (...parts: readonly (string | number)[]): string => parts.map((part) => (typeof part === 'number' ? padded(part) : part)).join(between)
export const partsOf = (name: string): readonly string[] => name.split(between)
export const alarmName = ({ tenant, entity, alarm }: AlarmKey): string => nameOf(tenant, entity, alarm)
/** All rows whose name begins so. */
export const within = (...parts: readonly (string | number)[]) => ({ from: nameOf(...parts, ''), to: nameOf(...parts, last) })

/** Numbers in the order of their values: times and versions, which are not negative. */
function padded(value: number): string {
  return String(Math.floor(value)).padStart(16, '0')
}
