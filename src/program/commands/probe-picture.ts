import type { ProbeResult } from '../../contracts/prober.ts'

const barWidth = 40
const phaseNames = { dns: 'DNS', connect: 'connect', tls: 'TLS', firstByte: 'first byte' } as const

/** What one look saw, for a person: the outcome, where the time went, and the metrics. */
export function picture(result: ProbeResult): string {
  const word = result.cannot === true ? 'cannot' : result.available ? 'available' : 'unavailable'
  const head = [`${word}: ${result.status}`, ...(result.target === null ? [] : [`target ${result.target}`])]
  return [head.join('\n'), times(result.phases ?? {}), metrics(result.metrics)].filter((part) => part !== '').join('\n\n')
}

interface Row { readonly name: string; readonly from: number; readonly took: number }

/** The phases one after the other; what is left after them is the rest of the answer. */
function times(phases: NonNullable<ProbeResult['phases']>): string {
  const { total } = phases
  if (total === undefined) return ''
  const rows: Row[] = []
  let from = 0
  const add = (name: string, took: number | undefined) => {
    if (took === undefined) return
    rows.push({ name, from, took })
    from += took
  }
  for (const name of ['dns', 'connect', 'tls', 'firstByte'] as const) add(phaseNames[name], phases[name])
  if (total - from > 0.001) add('rest', total - from)
  const lines = rows.map((row) => `${row.name.padEnd(10)} ${row.took.toFixed(3).padStart(11)} ms  ${bar(row, total)}`)
  return [...lines, `${'total'.padEnd(10)} ${total.toFixed(3).padStart(11)} ms`].join('\n')
}

function bar({ from, took }: Row, total: number): string {
  const scale = (ms: number) => Math.round((ms / total) * barWidth)
  const start = Math.min(scale(from), barWidth - 1)
  return `${' '.repeat(start)}${'█'.repeat(Math.min(Math.max(scale(from + took) - start, 0), barWidth - start)) || '▏'}`
}

function metrics(all: ProbeResult['metrics']): string {
  const rows = Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, { value, unit }]) => [name, String(value), unit === 'unknown' ? '' : unit] as const)
  const width = (column: 0 | 1) => Math.min(Math.max(0, ...rows.map((row) => row[column].length)), 60)
  return rows.map(([name, value, unit]) => `${name.padEnd(width(0))}  ${unit === '' ? printable(value) : `${value.padStart(width(1))} ${unit}`}`).join('\n')
}

/** A target's words must not move the cursor of who reads them. */
const printable = (text: string) => text.replace(/[^\P{Cc}]/gu, (char) => JSON.stringify(char).slice(1, -1).replace('\x7f', '\\u007f'))
