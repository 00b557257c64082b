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
import { Badge } from './parts.ts'
import { to, useRoute, type Route } from './route.ts'
import { mayChange } from './session.ts'
import { useLive, useWorld } from './store.ts'
import { Pulse, Truth } from './truth.ts'
import { looks } from './words.ts'

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
