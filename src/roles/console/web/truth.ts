import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { html } from './html.ts'
import type { Model } from './model.ts'
import { Ago } from './parts.ts'
import { useLive, useNow, useWorld } from './store.ts'
import { looks, moment, span } from './words.ts'

/** The small light that tells whether the page hears the server. */
export function Pulse(): VNode {
  const { link, model } = useLive()
  if (link.state.kind === 'live' && isBlind(model)) return html`<span class="pulse"><i></i>blind</span>`
  if (link.state.kind === 'live') return html`<span class="pulse live"><i></i>live<span class="soft wide"> · <${Ago} at=${model.lastObservation} /></span></span>`
  return html`<span class="pulse"><i></i>${link.state.kind === 'lost' ? 'not connected' : 'connecting'}</span>`
}

/** Nothing that should report does. */
function isBlind(model: Model): boolean {
  const zones = model.zonesNow()
  return model.complete && zones.length > 0 && zones.every((zone) => zone.silent)
}

/**
 * Says loudly when what is shown may not be true: no connection, or a monitor that sees nothing. The counting seconds are
 * for eyes only: who listens would hear the whole of it again every second.
 */
export function Truth(): VNode | null {
  const { link, model } = useLive()
  const now = useNow()
  const lost = link.state.kind === 'lost' ? link.state : undefined
  const zones = model.zonesNow()
  const silent = zones.filter((zone) => zone.silent)
  useEffect(() => {
    document.body.classList.toggle('stale', lost !== undefined)
  }, [lost !== undefined])
  useTitle(lost !== undefined)
  if (lost !== undefined) {
    return html`<div class="truth bad" role="alert">No connection: ${lost.why}. <strong>What you see is from ${moment(lost.since, now)}</strong> <span aria-hidden="true">(${span(Date.now() - lost.since)} ago)</span>. Trying again.</div>`
  }
  return html`<${Troubles} /><${Silence} silent=${silent} now=${now} />`
}

/** What the server knows to be wrong with itself, or around it. */
function Troubles(): VNode | null {
  const { model } = useLive()
  if (model.troubles.length === 0) return null
  return html`<div class="truth bad" role="alert">${model.troubles.map((trouble) => html`<div key=${trouble}>Vedette itself: ${trouble}.</div>`)}</div>`
}

function Silence({ silent, now }: { readonly silent: ReturnType<Model['zonesNow']>; readonly now: number }): VNode | null {
  const { model } = useLive()
  if (!model.complete || silent.length === 0) return null
  if (isBlind(model)) {
    return html`<div class="truth bad" role="alert"><strong>The monitor is blind:</strong> no zone reports. <span aria-hidden="true">Last observation <${Ago} at=${model.lastObservation} />.</span></div>`
  }
  return html`<div class="truth warn" role="status">${silent.map((zone) => html`<div key=${zone.id}>${zone.label === zone.id ? '' : `${zone.label}, `}${zone.id} ${zone.heard === 0 ? 'has never been heard' : 'is silent'}
    ${zone.heard === 0 ? null : html`<span aria-hidden="true">for ${span(now - zone.heard)}</span>`}</div>`)}</div>`
}

/** The tab's title says the worst there is. */
function useTitle(lost: boolean): void {
  const { model } = useWorld()
  const counts = model.counts()
  const worst = (['CRITICAL', 'WARNING', 'UNKNOWN'] as const).find((state) => counts[state] > 0)
  const title = lost ? '⚠ no connection – Vedette' : worst === undefined ? 'Vedette' : `(${counts[worst]}) ${looks[worst].word} – Vedette`
  useEffect(() => {
    document.title = title
  }, [title])
}
