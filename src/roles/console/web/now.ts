import type { VNode } from 'preact'
import { Heat } from './heat.ts'
import { html } from './html.ts'
import type { CheckNow } from './model.ts'
import { Ago, Badge, Since, ZoneChips } from './parts.ts'
import { to } from './route.ts'
import { mayChange } from './session.ts'
import { useLive } from './store.ts'
import { Virtual } from './virtual.ts'
import { useNarrow } from './narrow.ts'
import { count, looks, moment, plural, states } from './words.ts'

/** What is wrong now: one sentence, one picture, and then the list of what is not well. */
export function NowView(): VNode {
  const { model, link, api } = useLive()
  const narrow = useNarrow()
  const bad = model.bad()
  const total = model.all().length
  if (!model.complete && link.state.kind !== 'lost') return html`<section class="hero" aria-busy="true"><h1>Reading …</h1><p class="soft">${total > 0 ? `${plural(total, 'check')} so far` : 'one moment'}</p></section>`
  if (total === 0 && model.complete) return html`<${Empty} mayAdd=${mayChange(api.session)} />`
  return html`<section class="hero"><${Sentence} bad=${bad} total=${total} lost=${link.state.kind === 'lost'} /></section>
    <${Legend} />
    <${Heat} />
    ${bad.length === 0 ? null : html`<h2 class="list-title">Needs a look</h2>
      <${Virtual} items=${bad} rowHeight=${narrow ? 118 : 74} label="Checks that need a look, worst first" keyOf=${(item: CheckNow) => item.check.id} row=${badRow} />`}
    <${Recently} />`
}

function Sentence({ bad, total, lost }: { readonly bad: readonly CheckNow[]; readonly total: number; readonly lost: boolean }): VNode {
  const { model } = useLive()
  const counts = model.counts()
  const zones = model.zonesNow()
  const facts = html`<p class="soft">${plural(total, 'check')} from ${plural(zones.length, 'zone')} · last observation <${Ago} at=${model.lastObservation} />${counts.DISABLED > 0 ? ` · ${count(counts.DISABLED)} disabled` : ''}</p>`
  if (lost) return html`<div><h1>Not connected: this may be old</h1>${facts}</div>`
  const active = total - counts.DISABLED
  if (active === 0) return html`<div><h1>Nothing is being watched: every check is disabled</h1>${facts}</div>`
  if (bad.length === 0) return html`<div><h1 class="calm">${active === 1 ? 'The one check is fine' : `All ${count(active)} checks are fine`}</h1>${facts}</div>`
  const parts = (['CRITICAL', 'WARNING', 'UNKNOWN', 'NEW'] as const).filter((state) => counts[state] > 0)
  const words = parts.map((state) => `${count(counts[state])} ${state === 'NEW' ? 'waiting for a first observation' : looks[state].word}`)
  return html`<div><h1>${words.join(', ')}<span class="soft"> of ${count(active)}</span></h1>${facts}</div>`
}

/** The states with their numbers; each leads to its checks. */
function Legend(): VNode {
  const { model } = useLive()
  const counts = model.counts()
  return html`<p class="legend">${states.filter((state) => counts[state] > 0).map((state) => html`<a href=${to.entities(`is:${looks[state].word}`)}><${Badge} state=${state} /> ${count(counts[state])} ${looks[state].word}</a>`)}</p>`
}

function badRow(item: CheckNow): VNode {
  const { entity, check, verdict } = item
  const href = verdict.alarm === undefined ? to.check(entity.id, check.id) : to.alarm(entity.id, verdict.alarm.id)
  const status = verdict.alarm?.status ?? ''
  return html`<a class=${`row bad-row s-${looks[verdict.shown].name}`} data-row href=${href}>
    <${Badge} state=${verdict.shown} />
    <span class="what"><b>${entity.label}</b> <span>${check.label}</span></span>
    <span class="why" title=${`${status} – ${verdict.reason}`}>${verdict.shown === 'UNKNOWN' || verdict.shown === 'NEW' || status === '' ? verdict.reason : status}</span>
    <${ZoneChips} item=${item} />
    <span class="when">${verdict.since === 0 ? null : html`<${Since} at=${verdict.since} />`}</span>
  </a>`
}

function Recently(): VNode | null {
  const { model } = useLive()
  if (model.changes.length === 0) return null
  return html`<section><h2 class="list-title">Changed while you looked</h2><ul class="changes" role="list">${model.changes.slice(0, 12).map(({ at, item, from, to: state }) => html`
    <li key=${`${at}${item.check.id}`}><span class="soft">${moment(at, model.now())}</span> <a href=${to.check(item.entity.id, item.check.id)}>${item.entity.label} ${item.check.label}</a> <${Badge} state=${from} /> → <${Badge} state=${state} word=${true} /></li>`)}</ul></section>`
}

function Empty({ mayAdd }: { readonly mayAdd: boolean }): VNode {
  return html`<section class="hero"><h1>Nothing is watched yet</h1>
    <p class="soft">A check looks at one thing: a page, a port, a name, a job that should report.</p>
    ${mayAdd ? html`<p><a class="button primary" href=${to.add()}>Add the first check</a></p>` : null}</section>`
}
