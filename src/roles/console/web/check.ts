import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CheckView as CheckData, ObservationView, Shown } from '../wire.ts'
import { alarmVerdict } from '../derive.ts'
import { start } from './background.ts'
import { Chart } from './chart.ts'
import { html } from './html.ts'
import type { CheckNow } from './model.ts'
import { Ago, Badge, Copy, Notice, Since } from './parts.ts'
import { to } from './route.ts'
import { mayChange, mayDelete } from './session.ts'
import { useLive, useLoaded, useWorld } from './store.ts'
import { LookTable, type Look } from './looks.ts'
import { Bar, PhaseKey, phasesOf, totalOf } from './timings.ts'
import { moment, ms } from './words.ts'

interface StoredCheck {
  readonly label: string | null; readonly type: string; readonly details: Readonly<Record<string, unknown>>; readonly disabled: boolean; readonly period: number
  readonly timeout: number; readonly target_hostname: string | null; readonly target_alias: string | null; readonly heartbeat_url?: string
}

export interface CheckProps { readonly entity: string; readonly check: string }

/** One check: what it is, what each zone sees and how long that took, and how it was before. */
export function CheckView({ entity, check }: CheckProps): VNode {
  const { api, model } = useLive()
  const item = model.check(check)
  const newest = Math.max(0, ...[...item?.seen.values() ?? []].map((one) => one.at))
  const age = model.now() - (item?.check.created ?? 0)
  const round = useRounds(newest, age < 300_000 ? 5000 : 30_000)
  const stored = useLoaded((signal) => api.get<StoredCheck>(`entities/${entity}/checks/${check}`, signal), [entity, check, item?.check.disabled])
  const data = useLoaded((signal) => api.get<CheckData>(`console/checks/${entity}/${check}`, signal), [entity, check])
  useEffect(data.reload, [newest])
  if (stored.error !== undefined && stored.value === undefined) return html`<${Notice} kind="bad">${stored.error.message}<//>`
  if (stored.value === undefined || item === undefined) return html`<p aria-busy="true">Reading …</p>`
  return html`<div class="stack">
    <${Head} item=${item} stored=${stored.value} />
    ${stored.value.heartbeat_url === undefined ? null : html`<section class="card"><h2>Where the job reports</h2>
      <p class="soft">Call this address at the end of each run; when it does not come for ${stored.value.period} s and the grace it is overdue.</p>
      <${Copy} text=${stored.value.heartbeat_url} /><p><code>curl -fsS ${stored.value.heartbeat_url}</code></p></section>`}
    <${Zones} item=${item} data=${data.value} />
    <${Chart} entity=${entity} check=${check} zones=${item.check.zones} period=${item.check.period} young=${age < 1_800_000} round=${round} />
    <${Alarms} item=${item} />
    <${Newest} data=${data.value} />
  </div>`
}

/** Rises at most every `pause` ms while there is something new: a chart need not be drawn more often. */
function useRounds(newest: number, pause: number): number {
  const [round, setRound] = useState(0)
  const last = useRef(0)
  useEffect(() => {
    if (Date.now() - last.current < pause) return
    last.current = Date.now()
    setRound((n) => n + 1)
  }, [newest])
  return round
}

function Head({ item, stored }: { readonly item: CheckNow; readonly stored: StoredCheck }): VNode {
  const { api } = useWorld()
  const { entity, check, verdict } = item
  const [looks, setLooks] = useState<readonly Look[]>()
  const [busy, setBusy] = useState(false)
  const path = `entities/${entity.id}/checks/${check.id}`
  const test = async (): Promise<void> => {
    setBusy(true)
    try {
      setLooks(await api.post<readonly Look[]>(`${path}/test`, {}))
    } finally {
      setBusy(false)
    }
  }
  const remove = async (): Promise<void> => {
    if (!confirm(`Delete the check “${check.label}” and its alarms?`)) return
    await api.remove(path)
    location.hash = to.entities()
  }
  return html`<header class="head">
    <p class="crumbs"><a href=${to.entities(entity.label)}>${entity.label}</a></p>
    <h1><${Badge} state=${verdict.shown} word=${true} /> ${check.label}</h1>
    <p>${saidBy(item)}${verdict.since > 0 ? html`, <${Since} at=${verdict.since} />` : null}</p>
    <dl class="facts">${factsOf(item, stored).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${mayChange(api.session) ? html`<p class="actions">
      ${check.type.startsWith('remote.') ? html`<button onClick=${() => start(test)} disabled=${busy}>${busy ? 'Looking …' : 'Look now'}</button>` : null}
      <button onClick=${() => start(() => api.update(path, { disabled: !stored.disabled }))}>${stored.disabled ? 'Enable' : 'Disable'}</button>
      <a class="button" href=${to.add(entity.id)}>Add another</a>
      ${mayDelete(api.session) ? html`<button class="danger" onClick=${() => start(remove)}>Delete</button>` : null}</p>` : null}
    ${looks === undefined ? null : html`<${LookTable} looks=${looks} />`}
  </header>`
}

/** What the alarm says, and the rule by which it was decided. */
function saidBy({ verdict }: CheckNow): string {
  const status = verdict.alarm !== undefined && verdict.shown === verdict.alarm.recorded ? verdict.alarm.status : ''
  return status === '' || status === verdict.reason ? verdict.reason : `${status} – ${verdict.reason}`
}

function factsOf({ check }: CheckNow, stored: StoredCheck): readonly (readonly [string, unknown])[] {
  const details = Object.entries(stored.details).filter(([name, value]) => value !== null && value !== '' && value !== false && name !== 'key')
  return [
    ['type', check.type], ...(check.target === null ? [] : [['target', check.target] as const]), ['every', `${check.period} s`], ...(check.type.startsWith('remote.') ? [['at most', `${stored.timeout} s`] as const] : []),
    ...details.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const), ['id', html`<code>${check.id}</code>`],
  ]
}

function Zones({ item, data }: { readonly item: CheckNow; readonly data: CheckData | undefined }): VNode {
  const { model } = useWorld()
  const rows = (data?.zones ?? []).map(({ zone, observations: [newest] }) => ({ zone, newest, phases: phasesOf(newest?.metrics ?? {}), total: totalOf(newest?.metrics ?? {}) }))
  const longest = Math.max(0, ...rows.map((row) => row.phases.reduce((sum, phase) => sum + phase.took, 0)))
  const names = [...new Set(rows.flatMap((row) => row.phases.map((phase) => phase.name)))]
  return html`<section><h2>Zones</h2><div class="scroll"><table>
    <thead><tr><th>Zone</th><th>Says</th><th>Status</th><th>Seen</th><th class="number">Took</th>${names.length > 0 ? html`<th class="wide-cell">Phases</th>` : null}</tr></thead>
    <tbody>${rows.map(({ zone, newest, phases, total }) => html`<tr key=${zone}>
      <th scope="row">${zone}<br /><span class="soft">${model.zones.get(zone) === zone ? '' : model.zones.get(zone) ?? ''}</span></th>
      <td><${Badge} state=${zoneState(item, newest, zone, model.now())} word=${true} /></td>
      <td class="status">${newest?.status ?? '–'}${newest?.stressed ? html` <span class="tag">stressed: ${newest.stressed}</span>` : null}</td>
      <td><${Ago} at=${newest?.at ?? 0} /></td><td class="number">${total === undefined ? '' : ms(total)}</td>
      ${names.length > 0 ? html`<td class="wide-cell"><${Bar} phases=${phases} longest=${longest} /></td>` : null}
    </tr>`)}</tbody></table></div>${names.length > 1 ? html`<${PhaseKey} names=${names} />` : null}</section>`
}

function zoneState({ verdict, check }: CheckNow, newest: ObservationView | undefined, zone: string, now: number): Shown {
  if (newest === undefined) return now - check.created > check.freshFor ? 'UNKNOWN' : 'NEW'
  if (now - newest.at > (verdict.alarm?.rule.freshFor ?? check.freshFor)) return 'UNKNOWN'
  return verdict.alarm?.votes.find((vote) => vote.zone === zone)?.state ?? (newest.available ? 'OK' : 'CRITICAL')
}

function Alarms({ item }: { readonly item: CheckNow }): VNode {
  const { api, model } = useWorld()
  if (item.alarms.length === 0) {
    return html`<section><h2>Alarms</h2><p>No alarm is set: nobody is told when this goes wrong. ${mayChange(api.session) ? html`<a href=${to.add(item.entity.id, item.check.id)}>Set one</a>` : null}</p></section>`
  }
  return html`<section><h2>Alarms</h2><ul class="plain-list" role="list">${item.alarms.map((alarm) => {
    const verdict = alarmVerdict(alarm, item.check, item.seen, model.now())
    return html`<li key=${alarm.id}><a class="row alarm-line" data-row href=${to.alarm(item.entity.id, alarm.id)}><${Badge} state=${verdict.shown} word=${true} /> <b>${alarm.label}</b>
      <span class="why soft">${alarm.rule.level} of ${item.check.zones.length}: ${verdict.reason}</span></a></li>`
  })}</ul></section>`
}

function Newest({ data }: { readonly data: CheckData | undefined }): VNode {
  const all = (data?.zones ?? []).flatMap((zone) => zone.observations).toSorted((a, b) => b.at - a.at).slice(0, 40)
  return html`<section><h2>Newest observations</h2><div class="scroll"><table class="dense">
    <thead><tr><th>When</th><th>Zone</th><th>Available</th><th>Status</th><th class="number">Took</th><th class="wide-cell">Run</th></tr></thead>
    <tbody>${all.map((one) => html`<tr key=${`${one.zone}${one.at}${one.trace}`}>
      <td><time title=${new Date(one.at).toISOString()}>${moment(one.at, data?.now ?? one.at)}</time></td><td>${one.zone}</td>
      <td><${Badge} state=${one.available ? 'OK' : 'CRITICAL'} /></td><td class="status">${one.status}</td><td class="number">${tookOf(one)}</td>
      <td class="wide-cell soft">${[one.kind === 'scheduled' ? '' : one.kind, one.startDelay > 250 ? `${ms(one.startDelay)} late` : '', one.stressed ?? ''].filter((word) => word !== '').join(', ')}</td>
    </tr>`)}</tbody></table></div></section>`
}

function tookOf(observation: ObservationView): string {
  const total = totalOf(observation.metrics)
  return total === undefined ? '' : ms(total)
}
