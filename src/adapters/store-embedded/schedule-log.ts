import type { ConfigurationChange, Partition, ScheduledCheck, ScheduleDelta, Stored } from '../../contracts/configuration.ts'
import type { ConfigurationMirror } from './configuration-mirror.ts'

interface Note { readonly change: number; readonly tenant: string; readonly entity: string; /** undefined: the entity itself changed */ readonly check?: string }
const noteLimit = 20_000

/**
 * What changed lately for those who run checks. A cursor is the number of the last change that it has seen, in the
 * life (`epoch`) of this store; one from before our notes, or from another life, gets everything.
 */
export class ScheduleLog {
  readonly #mirror: ConfigurationMirror
  readonly #epoch: string
  #notes: Note[] = []
  #change: number
  #forgotten: number

  constructor(mirror: ConfigurationMirror, epoch: string, change: number) {
    this.#mirror = mirror
    this.#epoch = epoch
    this.#change = change
    this.#forgotten = change
  }

  note(change: number, { tenant, entity }: Partition, changes: readonly ConfigurationChange[]): void {
    this.#change = change
    for (const { kind, id } of changes) {
      if (kind === 'entity') this.#notes.push({ change, tenant, entity: id })
      else if (kind === 'check' && entity !== undefined) this.#notes.push({ change, tenant, entity, check: id })
    }
    if (this.#notes.length <= noteLimit) return
    this.#forgotten = this.#notes[noteLimit / 2]!.change
    this.#notes = this.#notes.filter((note) => note.change > this.#forgotten)
  }

  since(zone: string, cursor: string): ScheduleDelta {
    const seen = this.#read(cursor)
    const next = `${this.#epoch}.${this.#change}`
    if (seen === undefined) return { cursor: next, full: true, upserts: [...this.#mirror.checks()].flatMap((c) => scheduled(c, zone)), removes: [] }
    const touched = new Map<string, Note & { check: string }>()
    for (const note of this.#notes) if (note.change > seen) for (const one of this.#checksOf(note)) touched.set(one.check, one)
    const upserts = [...touched.values()].flatMap((one) => this.#look(one, zone))
    const kept = new Set(upserts.map(({ check }) => check.id))
    return { cursor: next, full: false, upserts, removes: [...touched.keys()].filter((check) => !kept.has(check)) }
  }

  #read(cursor: string): number | undefined {
    const [epoch, text] = cursor.split('.')
    const change = Number(text)
    return epoch === this.#epoch && change >= this.#forgotten && change <= this.#change ? change : undefined
  }

  *#checksOf({ check, ...note }: Note): Generator<Note & { check: string }> {
    if (check !== undefined) return yield { ...note, check }
    for (const stored of this.#mirror.list('check', note)) yield { ...note, check: stored.id }
  }

  #look(note: Note & { check: string }, zone: string): ScheduledCheck[] {
    const entity = this.#mirror.get('entity', note, note.entity)
    const check = this.#mirror.get('check', note, note.check)
    return entity === undefined || check === undefined ? [] : scheduled({ entity, check }, zone)
  }
}

/** Zone '' stands for the checks that name none. */
function scheduled({ entity, check }: { entity: Stored<'entity'>; check: Stored<'check'> }, zone: string): ScheduledCheck[] {
  const zones = check.value.monitoring_zones_poll ?? []
  const here = zone === '' ? zones.length === 0 : zones.includes(zone)
  if (!here || check.value.disabled) return []
  return [{ tenant: check.partition.tenant, entity: entity.value, check: check.value, version: check.version + entity.version }]
}
