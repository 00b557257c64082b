import type { Session } from './session.ts'
import type { Statement } from './statement.ts'

/** One birth of an entity, as the directory knows it; `seen`: it is known to have happened. */
export interface Listed { readonly id: string; readonly born: number; readonly seen: boolean }

/** The partition of a tenant that names its other ones. No id is empty, so no range has this name. */
const rangesOf = ''
/** Ranges of ids that were announced by this process; past so many they are announced anew. */
const rememberedRanges = 10_000

// QUORUM: whoever lists after the commit must find the row, or the entity is lost to every sweep.
const expectRow: Statement = { cql: 'INSERT INTO entity_directory (tenant, range, id, born) VALUES (?, ?, ?, ?)', consistency: 'QUORUM', idempotent: true, about: 'entering an entity in its directory' }
// LOCAL_QUORUM: without it the entity is looked at before it is named, no more.
const confirmRow: Statement = { cql: 'UPDATE entity_directory SET seen = true WHERE tenant = ? AND range = ? AND id = ? AND born = ?', consistency: 'LOCAL_QUORUM', idempotent: true, about: 'confirming an entity in its directory' }
// QUORUM, so that the next list elsewhere does not name it any more. Births up to a deletion are over, so this takes no later one.
const endRows: Statement = { cql: 'DELETE FROM entity_directory WHERE tenant = ? AND range = ? AND id = ? AND born <= ?', consistency: 'QUORUM', idempotent: true, about: 'taking an entity out of its directory' }
// QUORUM: sees every row that was written before the commit of its entity.
const readRanges: Statement = { cql: `SELECT id FROM entity_directory WHERE tenant = ? AND range = '${rangesOf}'`, consistency: 'QUORUM', idempotent: true, about: 'reading the directory of a tenant' }
// QUORUM: as above.
const readRange: Statement = { cql: 'SELECT id, born, seen FROM entity_directory WHERE tenant = ? AND range = ? AND id >= ?', consistency: 'QUORUM', idempotent: true, about: 'reading the directory of a tenant' }

/**
 * The name of the partition that holds an id: its first two characters, and the lowest of the eight neighbours that its
 * third one belongs to. Names are in the order of the ids that they hold; a tenant's entities (`en…`) lie in ten.
 */
export function rangeOf(id: string): string {
  return id.length < 3 ? id : id.slice(0, 2) + String.fromCharCode(Math.min(0x80, id.charCodeAt(2)) & ~7)
}

/**
 * Which entities a tenant has. A row is one birth of an entity, so that a late writer can neither hide nor revive another
 * birth. Rows stand before their entity does and leave after it: a row may name what is not there, never the opposite.
 */
export class Directory {
  readonly #session: Session
  readonly #ranges = new Set<string>()

  constructor(session: Session) {
    this.#session = session
  }

  /** Before the commit that makes an entity; `born` is the version it will have. */
  async expect(tenant: string, id: string, born: number): Promise<void> {
    const range = rangeOf(id)
    const name = `${tenant}/${range}`
    await Promise.all([
      ...(this.#ranges.has(name) ? [] : [this.#session.execute(expectRow, [tenant, rangesOf, range, 0])]),
      this.#session.execute(expectRow, [tenant, range, id, born]),
    ])
    if (this.#ranges.size >= rememberedRanges) this.#ranges.clear()
    this.#ranges.add(name)
  }

  /** After that commit. */
  async confirm(tenant: string, id: string, born: number): Promise<void> {
    await this.#session.execute(confirmRow, [tenant, rangeOf(id), id, born])
  }

  /** The entity is deleted, in this version: its births up to then are over. */
  async end(tenant: string, id: string, version: number): Promise<void> {
    await this.#session.execute(endRows, [tenant, rangeOf(id), id, version])
  }

  /** Entities in byte order of ids from `marker` on, each once. */
  async *from(tenant: string, marker = ''): AsyncGenerator<Listed> {
    for (const row of await this.#session.execute(readRanges, [tenant])) {
      const range = String(row.get('id'))
      if (range < rangeOf(marker)) continue
      let last: Listed | undefined
      for await (const birth of this.#births(tenant, range, marker)) {
        if (last !== undefined && last.id !== birth.id) yield last
        last = last?.id === birth.id ? { ...birth, seen: last.seen || birth.seen } : birth
      }
      if (last !== undefined) yield last
    }
  }

  async *#births(tenant: string, range: string, marker: string): AsyncGenerator<Listed> {
    for await (const row of this.#session.page(readRange, [tenant, range, marker])) {
      yield { id: String(row.get('id')), born: Number(row.get('born')), seen: row.get('seen') === true }
    }
  }
}
