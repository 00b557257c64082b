import { randomUUID } from 'node:crypto'
import type { Partition } from '../../contracts/configuration.ts'
import type { Log } from '../../contracts/log.ts'
import type { PartitionRows, Write } from './configuration-rows.ts'
import { placeOf, type ConfigurationTable } from './configuration-table.ts'
import type { Directory } from './directory.ts'
import type { ZoneTables } from './schedule-log.ts'
import { newsOf, type ZoneNews } from './schedule-zones.ts'
import { OneAtATime, together } from './together.ts'

export interface CommitDeps {
  readonly table: ConfigurationTable
  readonly directory: Directory
  readonly zones: ZoneTables
  readonly log: Log
}
interface Home { readonly tenant: string; readonly entity: string }

/** Writes at once for one commit. */
const parallelWrites = 32

/**
 * Changes the configuration. What leads to a row is written before the row (directory, hints, announcements), and what
 * led to it is taken away after it: a death in between leaves a pointer to nothing, never something without a pointer.
 */
export class Commits {
  readonly #deps: CommitDeps
  /** commits of one partition, which would only hinder each other */
  readonly #turns = new OneAtATime()

  constructor(deps: CommitDeps) {
    this.#deps = deps
  }

  async commit(partition: Partition, writes: readonly [Write, ...Write[]]): Promise<'applied' | 'conflict'> {
    const [{ kind, id }] = writes
    return this.#turns.run(`${partition.tenant}/${placeOf(kind, partition, id)}`, () => this.#commitNow(partition, writes))
  }

  async #commitNow(partition: Partition, writes: readonly Write[]): Promise<'applied' | 'conflict'> {
    const { table } = this.#deps
    const { tenant, entity } = partition
    const before = await (entity === undefined ? table.rowsFor(partition, writes) : table.partition(partition))
    // Versions only rise, and all that is told stands on a quorum: what does not stand now will not stand again.
    if (!writes.every((write) => before.stands(write))) return 'conflict'
    if (entity !== undefined) return this.#commitEntity({ tenant, entity }, before, writes)
    return (await table.compareAndSet(partition, before, writes)) ? 'applied' : 'conflict'
  }

  async #commitEntity(home: Home, before: PartitionRows, writes: readonly Write[]): Promise<'applied' | 'conflict'> {
    const { table, directory } = this.#deps
    const news = newsOf(home.tenant, home.entity, before, writes)
    const born = writes.find(({ kind, expected, value }) => kind === 'entity' && expected === 0 && value !== null) && versionAfter(before, home)
    const change = randomUUID()
    await Promise.all([
      ...(born === undefined ? [] : [directory.expect(home.tenant, home.entity, born)]),
      together(news.joins, parallelWrites, (hint) => this.#deps.zones.join(hint)),
      this.#announce(home, change, news, false),
    ])
    const applied = await table.compareAndSet(home, before, writes)
    await this.#afterwards(() => this.#tell(home, change, news, before, writes, applied))
    return applied ? 'applied' : 'conflict'
  }

  /** All that may be lost: readers look for announced changes by themselves, and pointers to nothing cost only a look. */
  async #tell(home: Home, change: string, news: ZoneNews, before: PartitionRows, writes: readonly Write[], applied: boolean): Promise<void> {
    const { directory, zones } = this.#deps
    const entity = writes.find(({ kind }) => kind === 'entity')
    // Somebody may have brought checks into zones meanwhile that do not know the entity's change.
    const now = entity !== undefined && applied ? newsOf(home.tenant, home.entity, await this.#deps.table.partition(home), [entity]) : news
    const touched = new Map([...news.touched, ...now.touched].map(([zone]) => [zone, [...new Set([...(news.touched.get(zone) ?? []), ...(now.touched.get(zone) ?? [])])]]))
    await this.#announce(home, change, { touched }, true)
    if (!applied) return
    await together(news.leaves, parallelWrites, (hint) => zones.leave(hint))
    if (entity?.value === null) await directory.end(home.tenant, home.entity, versionAfter(before, home))
    else if (entity?.expected === 0) await directory.confirm(home.tenant, home.entity, versionAfter(before, home))
  }

  async #announce({ tenant, entity }: Home, change: string, { touched }: Pick<ZoneNews, 'touched'>, done: boolean): Promise<void> {
    await together([...touched], parallelWrites, ([zone, checks]) => this.#deps.zones.announce(zone, { change, done, tenant, entity, checks }))
  }

  /** The change stands already: what fails now may not take it back. */
  async #afterwards(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, 'a change of the configuration stands, but could not be announced; zones find it by looking for it')
    }
  }
}

function versionAfter(before: PartitionRows, { entity }: Home): number {
  return (before.version({ kind: 'entity', id: entity }) ?? 0) + 1
}
