import type { ComponentChildren, VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { Shown } from '../wire.ts'
import { start } from './background.ts'
import { html } from './html.ts'
import type { CheckNow } from './model.ts'
import { useNow, useWorld } from './store.ts'
import { exact, looks, moment, span } from './words.ts'

/** A state by colour, shape and letter; the word is there for who cannot see it. */
export function Badge({ state, word = false }: { readonly state: Shown; readonly word?: boolean }): VNode {
  const { glyph, word: text } = looks[state]
  return html`<span class=${`badge s-${looks[state].name}`}><span class="glyph" aria-hidden="true">${glyph}</span><span class=${word ? 'word' : 'hidden'}>${text}</span></span>`
}

/** 'n s ago', kept true as time passes. */
export function Ago({ at }: { readonly at: number }): VNode {
  const now = useNow()
  return at === 0 ? html`<span>never</span>` : html`<time datetime=${exact(at)} title=${exact(at)}>${span(now - at)} ago</time>`
}

/** 'for n min', with the moment itself. */
export function Since({ at }: { readonly at: number }): VNode {
  const now = useNow()
  return html`<time datetime=${exact(at)} title=${exact(at)}>since ${moment(at, now)} <span class="soft">(${span(now - at)})</span></time>`
}

/** What each zone of a check says: its vote where an alarm counts votes, otherwise what it saw. Pale: not heard lately. */
export function ZoneChips({ item }: { readonly item: CheckNow }): VNode {
  const { model } = useWorld()
  const now = model.now()
  const freshFor = item.verdict.alarm?.rule.freshFor ?? item.check.freshFor
  return html`<span class="zones">${item.check.zones.map((zone) => {
    const seen = item.seen.get(zone)
    const vote = item.verdict.alarm?.votes.find((one) => one.zone === zone)
    const state: Shown = vote?.state ?? (seen === undefined ? 'UNKNOWN' : seen.ok ? 'OK' : 'CRITICAL')
    const silent = seen === undefined || now - seen.at > freshFor
    const says = silent ? (seen === undefined ? 'has said nothing yet' : `silent for ${span(now - seen.at)}`) : (vote?.status || seen.status || looks[state].word)
    const name = model.zones.get(zone) ?? zone
    return html`<span class=${`chip s-${looks[silent ? 'UNKNOWN' : state].name}`} title=${`${name}: ${says}`} key=${zone}>
      <span class="glyph" aria-hidden="true">${looks[silent ? 'UNKNOWN' : state].glyph}</span>${zone}<span class="hidden"> ${says}</span></span>`
  })}</span>`
}

/** A text and a button that copies it. */
export function Copy({ text }: { readonly text: string }): VNode {
  const [said, say] = useState('Copy')
  const field = useRef<HTMLInputElement>(null)
  const copy = async (): Promise<void> => {
    field.current?.select()
    // Browsers lend the clipboard to secure pages only; by plain http from elsewhere the selected text has to do.
    if (!isSecureContext) return say('Press Ctrl+C')
    await navigator.clipboard.writeText(text)
    say('Copied')
  }
  return html`<span class="copy">
    <input readonly value=${text} aria-label="text to copy" ref=${field} />
    <button type="button" onClick=${() => start(copy)} aria-live="polite">${said}</button>
  </span>`
}

export function Notice({ kind, children }: { readonly kind: 'bad' | 'warn' | 'info'; readonly children: ComponentChildren }): VNode {
  return html`<p class=${`notice ${kind}`} role=${kind === 'bad' ? 'alert' : 'note'}>${children}</p>`
}
