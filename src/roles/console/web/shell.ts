import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { AddView } from './add.ts'
import { AlarmView } from './alarm.ts'
import { onComplaint } from './background.ts'
import { CheckView } from './check.ts'
import { EntitiesView } from './entities.ts'
import { html } from './html.ts'
import { keyHelp, useKeys } from './keys.ts'
import { NowView } from './now.ts'
import { Ago, Badge } from './parts.ts'
import { to, useRoute, type Route } from './route.ts'
import { mayChange } from './session.ts'
import { useLive, useNow, useWorld } from './store.ts'
import { looks, moment, span } from './words.ts'

/** The frame around every view: where one can go, whether what is shown is true, and what just changed. */
export function Shell({ leave }: { readonly leave: () => void }): VNode {
  const route = useRoute()
  const help = useRef<HTMLDialogElement>(null)
  const search = useRef<HTMLInputElement>(null)
  const { api } = useWorld()
  useKeys({
    '/': () => search.current?.focus(), '?': () => help.current?.showModal(), 'n': () => go(to.now), 'e': () => go(to.entities()),
    'a': () => go(to.add()), 't': turnTheme,
  })
  const arrived = useRef(false)
  useEffect(() => {
    // Whoever opens the page begins at its top; whoever goes on begins at what is new.
    if (arrived.current) document.getElementById('main')?.focus({ preventScroll: true })
    if (arrived.current) scrollTo(0, 0)
    arrived.current = true
  }, [JSON.stringify(route.view === 'entities' ? route.view : route)])
  return html`<div class="frame">
    <a class="skip" href="#main" onClick=${skip}>Skip to what matters</a>
    <header class="bar">
      <a class="brand" href=${to.now}>Vedette</a>
      <nav aria-label="Views">
        ${tab(route, 'now', to.now, 'Now')}${tab(route, 'entities', to.entities(), 'Entities')}
        ${mayChange(api.session) ? tab(route, 'add', to.add(), 'Add') : null}
      </nav>
      <${Search} field=${search} route=${route} />
      <${Pulse} />
      <span class="tools">
        <button class="plain" onClick=${turnTheme} title="Light or dark (t)" aria-label="Light or dark">◐</button>
        <button class="plain" onClick=${() => help.current?.showModal()} title="Keys (?)" aria-label="Keys">?</button>
        <button class="plain" onClick=${leave}>Sign out</button>
      </span>
    </header>
    <${Truth} />
    <main id="main" tabindex="-1">${view(route)}</main>
    <${Complaints} />
    <${Announcer} />
    <dialog ref=${help} aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">${keyHelp.map(([keys, does]) => html`<div><dt><kbd>${keys}</kbd></dt><dd>${does}</dd></div>`)}</dl>
      <form method="dialog"><button>Close</button></form>
    </dialog>
  </div>`
}

function view(route: Route): VNode {
  switch (route.view) {
    case 'now': return html`<${NowView} />`
    case 'entities': return html`<${EntitiesView} query=${route.query} />`
    case 'check': return html`<${CheckView} key=${route.check} entity=${route.entity} check=${route.check} />`
    case 'alarm': return html`<${AlarmView} key=${route.alarm} entity=${route.entity} alarm=${route.alarm} version=${route.version} />`
    case 'add': return html`<${AddView} key=${`${route.entity}/${route.check}`} entity=${route.entity} check=${route.check} />`
  }
}

function tab(route: Route, view: Route['view'], href: string, label: string): VNode {
  return html`<a href=${href} aria-current=${route.view === view ? 'page' : undefined}>${label}</a>`
}

export function go(address: string): void {
  location.hash = address
}

function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function turnTheme(): void {
  const root = document.documentElement
  const dark = root.dataset.theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : root.dataset.theme === 'dark'
  root.dataset.theme = dark ? 'light' : 'dark'
  localStorage.setItem('vedette.theme', root.dataset.theme)
  dispatchEvent(new Event('themechange'))
}

interface SearchProps { readonly field: { current: HTMLInputElement | null }; readonly route: Route }

function Search({ field, route }: SearchProps): VNode {
  const query = route.view === 'entities' ? route.query : ''
  const typed = (event: Event): void => {
    if (event.target instanceof HTMLInputElement) history.replaceState(null, '', to.entities(event.target.value))
    dispatchEvent(new HashChangeEvent('hashchange'))
  }
  const key = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') field.current?.blur()
    if (event.key === 'Enter') document.querySelector<HTMLElement>('main [data-row]')?.focus()
  }
  return html`<input class="search" type="search" ref=${field} value=${query} onInput=${typed} onKeyDown=${key} placeholder="Search  /" aria-label="Search entities, checks and alarms" />`
}

/** The small light that tells whether the page hears the server. */
function Pulse(): VNode {
  const { link, model } = useLive()
  if (link.state.kind === 'live') return html`<span class="pulse live"><i></i>live<span class="soft wide"> · <${Ago} at=${model.lastObservation} /></span></span>`
  return html`<span class="pulse"><i></i>${link.state.kind === 'lost' ? 'not connected' : 'connecting'}</span>`
}

/** Says loudly when what is shown may not be true: no connection, or a monitor that sees nothing. */
function Truth(): VNode | null {
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
    return html`<div class="truth bad" role="alert">No connection: ${lost.why}. <strong>What you see is from ${moment(lost.since, now)}</strong> (${span(Date.now() - lost.since)} ago). Trying again.</div>`
  }
  if (!model.complete || silent.length === 0) return null
  if (silent.length === zones.length) {
    return html`<div class="truth bad" role="alert"><strong>The monitor is blind:</strong> no zone reports. Last observation ${model.lastObservation === 0 ? 'never' : html`<${Ago} at=${model.lastObservation} />`}.</div>`
  }
  return html`<div class="truth warn" role="status">${silent.map((zone) => `${zone.label} (${zone.id}) is silent${zone.heard === 0 ? '' : ` for ${span(now - zone.heard)}`}`).join('; ')}.</div>`
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

/** Tells changes to who listens instead of looking. */
function Announcer(): VNode {
  const { model } = useLive()
  const newest = model.changes.slice(0, 3)
  return html`<div class="hidden" role="status" aria-live="polite">${newest.map(({ item, to: state, at }) => html`<p key=${`${item.check.id}${at}`}>${item.entity.label}, ${item.check.label}: now ${looks[state].word}</p>`)}</div>`
}

/** What went wrong in what the person did; goes by itself. */
function Complaints(): VNode {
  const [said, setSaid] = useState<readonly string[]>([])
  useEffect(() => onComplaint((message) => {
    setSaid((old) => [...old, message].slice(-3))
    setTimeout(() => setSaid((old) => old.slice(1)), 9000)
  }), [])
  return html`<div class="toasts" role="alert">${said.map((message) => html`<p><${Badge} state="CRITICAL" /> ${message}</p>`)}</div>`
}
