/** A value and when it was written: µs by the clock of the replica that coordinated it. */
export interface Cell { readonly value: unknown; readonly at: number }
export type Cells = Readonly<Record<string, Cell>>
export type Rows = ReadonlyMap<string, Cells>
/** Values by row and cell, before anybody has stamped them. */
export type Values = Readonly<Record<string, Readonly<Record<string, unknown>>>>
/** Rows of one partition, as they are written, repaired and handed over. */
export interface Mutation { readonly partition: string; readonly rows: Rows }
/** Rows from a name (inside) to another (not), the last so many of them. */
export interface Slice { readonly from?: string; readonly to?: string; readonly newest?: number }

export function stamp(partition: string, values: Values, at: number): Mutation {
  const rows = Object.entries(values).map(([row, cells]) => [row, stampCells(cells, at)] as const)
  return { partition, rows: new Map(rows) }
}

/** The same values, written at another time. */
export function restamp({ partition, rows }: Mutation, at: number): Mutation {
  return { partition, rows: new Map([...rows].map(([row, cells]) => [row, Object.fromEntries(Object.entries(cells).map(([name, { value }]) => [name, { value, at }]))])) }
}

function stampCells(cells: Readonly<Record<string, unknown>>, at: number): Cells {
  return Object.fromEntries(Object.entries(cells).map(([name, value]) => [name, { value, at }]))
}

/** Last write wins, cell by cell; of one moment the greater value does, whoever wrote what stands beside it. */
function wins(a: Cell, b: Cell): boolean {
  if (a.at !== b.at) return a.at > b.at
  return a.value !== b.value && JSON.stringify(a.value) > JSON.stringify(b.value)
}

/** What `news` changes of `old`; undefined when nothing. */
export function newer(old: Cells | undefined, news: Cells): Cells | undefined {
  if (old === undefined) return news
  const better = Object.entries(news).filter(([name, cell]) => old[name] === undefined || wins(cell, old[name]))
  return better.length === 0 ? undefined : Object.fromEntries(better)
}

/** All answers of replicas in one, in the order of row names. */
export function merged(answers: readonly Rows[], newest?: number): Rows {
  const all = new Map<string, Cells>()
  for (const rows of answers) {
    for (const [row, cells] of rows) {
      const old = all.get(row)
      const better = newer(old, cells)
      if (better !== undefined) all.set(row, old === undefined ? better : { ...old, ...better })
    }
  }
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1))
  return new Map(newest === undefined ? sorted : sorted.slice(-newest))
}

/** What `rows` lacks of `whole`. */
export function missing(partition: string, whole: Rows, rows: Rows): Mutation | undefined {
  const lacks = [...whole].flatMap(([row, cells]): (readonly [string, Cells])[] => {
    const better = newer(rows.get(row), cells)
    return better === undefined ? [] : [[row, better]]
  })
  return lacks.length === 0 ? undefined : { partition, rows: new Map(lacks) }
}
