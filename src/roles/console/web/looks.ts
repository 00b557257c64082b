import type { VNode } from 'preact'
import type { Metric } from '../../../core/alarm-language/types.ts'
import { html } from './html.ts'
import { Badge } from './parts.ts'
import { Bar, phasesOf, PhaseKey, totalOf } from './timings.ts'
import { ms } from './words.ts'

/** What test-check answers for one zone (reference, section 10). */
export interface Look {
  readonly timestamp: number
  readonly monitoring_zone_id: string | null
  readonly available: boolean
  readonly status: string
  readonly metrics: Readonly<Record<string, { readonly type: Metric['type']; readonly data: string; readonly unit?: string }>>
}

/** The API prints every value as text; numbers become numbers again. */
export function metricsOf(look: Look): Readonly<Record<string, Metric>> {
  return Object.fromEntries(Object.entries(look.metrics).map(([name, { type, data, unit }]) => [name, { type, unit: unit ?? 'unknown', value: type === 's' ? data : Number(data) }]))
}

/** What each zone saw just now. */
export function LookTable({ looks }: { readonly looks: readonly Look[] }): VNode {
  const rows = looks.map((look) => ({ look, metrics: metricsOf(look), phases: phasesOf(metricsOf(look)) }))
  const longest = Math.max(0, ...rows.map(({ phases }) => phases.reduce((sum, phase) => sum + phase.took, 0)))
  const names = [...new Set(rows.flatMap(({ phases }) => phases.map((phase) => phase.name)))]
  return html`<div class="looks" role="status"><div class="scroll"><table>
    <thead><tr><th>Zone</th><th>Available</th><th>Status</th><th class="number">Took</th>${names.length > 0 ? html`<th class="wide-cell">Phases</th>` : null}</tr></thead>
    <tbody>${rows.map(({ look, metrics, phases }) => {
      const total = totalOf(metrics)
      return html`<tr><th scope="row">${look.monitoring_zone_id ?? '–'}</th><td><${Badge} state=${look.available ? 'OK' : 'CRITICAL'} /></td><td class="status">${look.status}</td>
        <td class="number">${total === undefined ? '' : ms(total)}</td>${names.length > 0 ? html`<td class="wide-cell"><${Bar} phases=${phases} longest=${longest} /></td>` : null}</tr>`
    })}</tbody></table></div>
    ${names.length > 1 ? html`<${PhaseKey} names=${names} />` : null}
    <details><summary>Every metric</summary><div class="scroll"><table class="dense"><tbody>${rows.flatMap(({ look, metrics }) => Object.entries(metrics).map(([name, { value, unit }]) => html`
      <tr><td class="soft">${look.monitoring_zone_id ?? ''}</td><th scope="row">${name}</th><td class="status">${String(value)}</td><td class="soft">${unit === 'unknown' ? '' : unit}</td></tr>`))}</tbody></table></div></details></div>`
}
