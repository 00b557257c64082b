import type { VNode } from 'preact'
import type { Metric } from '../../../core/alarm-language/types.ts'
import { html } from './html.ts'
import { ms } from './words.ts'

export interface Phase { readonly name: string; readonly took: number }

/** The phases of a connection in their order, with the metrics that tell when each was over. */
const marks: readonly (readonly [name: string, metric: string])[] = [
  ['dns', 'tt_dns'], ['connect', 'tt_connect'], ['tls', 'tt_tls'], ['first byte', 'tt_firstbyte'], ['rest', 'duration'],
]

/** How long each phase took, from metrics that count from the start of the run. */
export function phasesOf(metrics: Readonly<Record<string, Metric>>): readonly Phase[] {
  let before = 0
  return marks.flatMap(([name, metric]): Phase[] => {
    const at = metrics[metric]?.value
    if (typeof at !== 'number') return []
    const took = Math.max(0, at - before)
    before = Math.max(before, at)
    return [{ name, took }]
  })
}

/** What a run took altogether, or undefined where that has no meaning. */
export function totalOf(metrics: Readonly<Record<string, Metric>>): number | undefined {
  const seconds = metrics['average']?.value
  if (typeof seconds === 'number' && metrics['average']?.unit === 'seconds') return seconds * 1000
  for (const name of ['duration', 'rtt', 'tt_firstbyte', 'tt_connect']) {
    const value = metrics[name]?.value
    if (typeof value === 'number') return value
  }
  return undefined
}

/** Phases as parts of one bar; `longest` is what the full width means, the same for all bars of a table. */
export function Bar({ phases, longest }: { readonly phases: readonly Phase[]; readonly longest: number }): VNode | null {
  if (phases.length === 0) return null
  const words = phases.map(({ name, took }) => `${name} ${ms(took)}`).join(', ')
  return html`<span class="bar-of-phases" role="img" aria-label=${words} title=${words}>
    ${phases.map(({ name, took }) => html`<i class=${`phase-${name.replace(' ', '-')}`} style=${{ width: `${longest === 0 ? 0 : (100 * took) / longest}%` }}></i>`)}
  </span>`
}

/** Which colour is which phase. */
export function PhaseKey({ names }: { readonly names: readonly string[] }): VNode {
  return html`<p class="phase-key" aria-hidden="true">${names.map((name) => html`<span><i class=${`phase-${name.replace(' ', '-')}`}></i>${name}</span>`)}</p>`
}
