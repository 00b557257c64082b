import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { decide, stateAfter } from '../../../core/consensus/decide.ts'
import { alarmVerdict } from '../derive.ts'
import type { DeliveryView, EntryView, LedgerView, Shown } from '../wire.ts'
import { start } from './background.ts'
import { html } from './html.ts'
import { Ago, Badge, Notice, Since } from './parts.ts'
import { to } from './route.ts'
import { mayChange } from './session.ts'
import { useLive, useLoaded, useWorld } from './store.ts'
import { exact, moment, ms, span } from './words.ts'

interface StoredAlarm { readonly label: string | null; readonly check_id: string; readonly criteria: string | null; readonly notification_plan_id: string; readonly disabled: boolean }
export interface AlarmProps { readonly entity: string; readonly alarm: string; readonly version: number | undefined }

/** An alarm's ledger: every version, who said what, why it was decided so, and whom it told with which luck. */
export function AlarmView({ entity, alarm, version }: AlarmProps): VNode {
  const { api, model } = useLive()
  const item = model.entities.get(entity)?.checks.find((one) => one.alarms.some((candidate) => candidate.id === alarm))
  const line = item?.alarms.find((one) => one.id === alarm)
  const [votesToo, setVotesToo] = useState(false)
  const [until, setUntil] = useState(version === undefined ? undefined : version + 10)
  const stored = useLoaded((signal) => api.get<StoredAlarm>(`entities/${entity}/alarms/${alarm}`, signal), [entity, alarm])
  const before = until === undefined ? '' : `&before=${until}`
  const ledger = useLoaded((signal) => api.get<LedgerView>(`console/alarms/${entity}/${alarm}/ledger?limit=50${before}`, signal), [entity, alarm, before])
  useEffect(ledger.reload, [model.ledgerNews.get(alarm), line?.version])
  if (stored.error !== undefined && stored.value === undefined) return html`<${Notice} kind="bad">${stored.error.message}<//>`
  if (stored.value === undefined || ledger.value === undefined) return html`<p aria-busy="true">Reading …</p>`
  const verdict = item === undefined || line === undefined ? undefined : alarmVerdict(line, item.check, item.seen, model.now())
  const shown = ledger.value.entries.filter((entry) => votesToo || entry.kind !== 'vote' || entry.version === version)
  const hidden = ledger.value.entries.length - shown.length
  return html`<div class="stack">
    <header class="head">
      ${item === undefined ? null : html`<p class="crumbs"><a href=${to.entities(item.entity.label)}>${item.entity.label}</a> / <a href=${to.check(entity, item.check.id)}>${item.check.label}</a></p>`}
      <h1>${verdict === undefined ? null : html`<${Badge} state=${verdict.shown} word=${true} />`} ${stored.value.label ?? alarm}</h1>
      ${verdict === undefined ? null : html`<p>${verdict.reason}, <${Since} at=${verdict.since} /></p>`}
      ${line === undefined || item === undefined ? null : html`<p class="soft">${line.rule.level} of ${item.check.zones.length} zones, ${line.rule.consecutiveCount === 1 ? 'one observation is enough' : `${line.rule.consecutiveCount} observations in a row`}; a zone counts for ${span(line.rule.freshFor)} after it was heard.</p>`}
      <${Actions} path=${`entities/${entity}/alarms/${alarm}`} stored=${stored.value} done=${stored.reload} />
    </header>
    <details class="card"><summary>Criteria</summary><pre>${stored.value.criteria ?? '(none: availability decides)'}</pre></details>
    <section><h2>Ledger</h2>
      <p><label class="check"><input type="checkbox" checked=${votesToo} onChange=${() => setVotesToo(!votesToo)} /> votes that changed nothing, too${hidden > 0 ? ` (${hidden} hidden)` : ''}</label></p>
      <ol class="ledger" role="list">${shown.map((entry) => html`<${Entry} key=${entry.version} entry=${entry} open=${entry.version === (version ?? shown[0]?.version)} now=${ledger.value?.now ?? 0} />`)}</ol>
      <p class="actions">${until === undefined ? null : html`<button onClick=${() => setUntil(undefined)}>Newest</button>`}
        ${ledger.value.before === null ? null : html`<button onClick=${() => setUntil(ledger.value?.before ?? undefined)}>Older ones</button>`}</p>
    </section>
  </div>`
}

function Actions({ path, stored, done }: { readonly path: string; readonly stored: StoredAlarm; readonly done: () => void }): VNode | null {
  const { api } = useWorld()
  if (!mayChange(api.session)) return null
  const toggle = async (): Promise<void> => {
    await api.update(path, { disabled: !stored.disabled })
    done()
  }
  return html`<p class="actions"><button onClick=${() => start(toggle)}>${stored.disabled ? 'Enable' : 'Disable'}</button></p>`
}

const kinds: Readonly<Record<EntryView['kind'], string>> = { created: 'made', state: 'changed', vote: 'a vote', configured: 'configured anew', bump: 'settled', deleted: 'deleted' }

function Entry({ entry, open, now }: { readonly entry: EntryView; readonly open: boolean; readonly now: number }): VNode {
  return html`<li><details open=${open} class="entry">
    <summary data-row>
      <span class="version">v${entry.version}</span>
      ${entry.kind === 'state' ? html`<span><${Badge} state=${entry.previousState} /> → <${Badge} state=${entry.state} word=${true} /></span>` : html`<span class="soft">${kinds[entry.kind]}</span>`}
      <span class="why">${entry.kind === 'state' ? entry.status : entry.reason}</span>
      <${Told} entry=${entry} />
      <time class="soft" datetime=${exact(entry.at)} title=${exact(entry.at)}>${moment(entry.at, now)}</time>
    </summary>
    <div class="inside">
      <p><b>Why:</b> ${entry.reason}</p>
      ${entry.inputs === null ? null : html`<${Inputs} entry=${entry} />`}
      ${entry.suppressedBy.length === 0 ? null : html`<${Notice} kind="info">Nobody was told: suppressed by ${entry.suppressedBy.join(', ')}<//>`}
      ${entry.deliveries.map((delivery) => html`<${DeliveryRow} key=${delivery.key} delivery=${delivery} now=${now} />`)}
      ${entry.kind === 'state' && entry.deliveries.length === 0 && entry.suppressedBy.length === 0 ? html`<p class="soft">Nobody is told of this change by plan ${entry.plan ?? '(none)'}.</p>` : null}
      <p class="soft ids">changelog ${entry.id}${entry.trace === '' ? '' : ` · trace ${entry.trace}`} · configuration ${entry.generation}</p>
    </div>
  </details></li>`
}

/** How the deliveries of a change stand, in a word. */
function Told({ entry }: { readonly entry: EntryView }): VNode | null {
  const { deliveries } = entry
  if (deliveries.length === 0) return null
  const delivered = deliveries.filter((one) => one.status === 'delivered').length
  const lost = deliveries.filter((one) => one.status === 'given up' || one.status === 'expired').length
  const state: Shown = lost > 0 ? 'CRITICAL' : delivered < deliveries.length ? 'NEW' : 'OK'
  return html`<span class="told"><${Badge} state=${state} /> told ${delivered} of ${deliveries.length}</span>`
}

/** The votes that went in, and the same decision made again from them, here. */
function Inputs({ entry }: { readonly entry: EntryView }): VNode | null {
  const { inputs } = entry
  if (inputs === null) return null
  const decision = decide(inputs)
  const again = [true, false].map((absence) => stateAfter(inputs.previous.state, decision, absence))
  const same = again.includes(entry.state) && decision.reason === entry.reason
  return html`<div class="scroll"><table class="dense">
    <thead><tr><th>Zone</th><th>Vote</th><th>Status</th><th>Since</th><th class="number">Heard before</th></tr></thead>
    <tbody>${inputs.votes.map((vote) => html`<tr key=${vote.zone}><th scope="row">${vote.zone}</th><td><${Badge} state=${vote.state} word=${true} /></td><td class="status">${vote.status}</td>
      <td><time title=${exact(vote.at)}>${moment(vote.at, inputs.now)}</time></td><td class="number">${span(inputs.now - vote.seenAt)}${vote.stressedRun > 0 ? `, stressed ×${vote.stressedRun}` : ''}</td></tr>`)}</tbody></table>
    <p class=${same ? 'proof' : 'proof wrong'}>${same ? `✓ Computed again here from these inputs: ${entry.state}` : `× Computed again here from these inputs: ${again[0] ?? '?'} (${decision.reason})`} · rule ${inputs.rule.level}, was ${inputs.previous.state}</p></div>`
}

const deliveryStates: Readonly<Record<DeliveryView['status'], Shown>> = { 'waiting': 'NEW', 'delivered': 'OK', 'given up': 'CRITICAL', 'expired': 'CRITICAL' }

function DeliveryRow({ delivery, now }: { readonly delivery: DeliveryView; readonly now: number }): VNode {
  const { notification, attempts, status, dueAt, key } = delivery
  return html`<div class="delivery">
    <p><${Badge} state=${deliveryStates[status]} /> <b>${notification.label}</b> <span class="soft">${notification.type}</span> · ${status}${status === 'waiting' && dueAt > now ? `, tried again at ${moment(dueAt, now)}` : ''}</p>
    <ol class="attempts">${attempts.map((attempt, i) => html`<li key=${i}><time title=${exact(attempt.at)}>${moment(attempt.at, now)}</time> ${attempt.outcome === 'delivered' ? 'delivered' : attempt.outcome === 'try-again' ? 'will try again' : 'gave up'} <span class="soft">after ${ms(attempt.took)} from ${attempt.from}</span><br />${attempt.message}</li>`)}</ol>
    <p class="soft ids">key ${key} · written <${Ago} at=${delivery.createdAt} /></p>
  </div>`
}
