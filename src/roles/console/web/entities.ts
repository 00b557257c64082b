import type { VNode } from 'preact'
import { html } from './html.ts'
import { byName, type CheckNow, type EntityNow, type Model } from './model.ts'
import { useNarrow } from './narrow.ts'
import { Ago, Badge, ZoneChips } from './parts.ts'
import { alarmVerdict } from '../derive.ts'
import type { AlarmLine } from '../wire.ts'
import { to } from './route.ts'
import { mayChange } from './session.ts'
import { useLive, useWorld } from './store.ts'
import { Virtual } from './virtual.ts'
import { looks, moment, plural } from './words.ts'

type Row =
  | { readonly kind: 'entity'; readonly entity: EntityNow }
  | { readonly kind: 'check'; readonly item: CheckNow }
  | { readonly kind: 'alarm'; readonly item: CheckNow; readonly alarm: AlarmLine }

/** Every entity with its checks and their alarms, as one long list. */
export function EntitiesView({ query }: { readonly query: string }): VNode {
  const { model } = useLive()
  const narrow = useNarrow()
  const rows = rowsOf(model, query)
  const checks = rows.filter((row) => row.kind === 'check').length
  return html`<h1 class="small">${query === '' ? plural(model.entities.size, 'entity', 'entities') : `“${query}”`} <span class="soft">${plural(checks, 'check')}</span></h1>
    ${rows.length === 0 && model.complete ? html`<p>${query === '' ? 'Nothing is watched yet.' : 'Nothing has that in its name, target, type or id.'}</p>` : null}
    <${Virtual} items=${rows} rowHeight=${narrow ? 62 : 42} label="Entities with checks and alarms" keyOf=${keyOf} row=${draw} />`
}

/** `is:critical` keeps a state; other words must all be found. */
export function rowsOf(model: Model, query: string): readonly Row[] {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== '')
  const entities = [...model.entities.values()].toSorted((a, b) => byName.compare(a.label, b.label) || (a.id < b.id ? -1 : 1))
  return entities.flatMap((entity): Row[] => {
    const named = words.length === 0 || matches(words, `${entity.label} ${entity.id}`, undefined)
    const checks = named ? entity.checks : entity.checks.filter((item) => matches(words, textOf(item), item))
    if (checks.length === 0 && !named) return []
    return [{ kind: 'entity', entity }, ...checks.flatMap((item): Row[] => [{ kind: 'check', item }, ...item.alarms.map((alarm): Row => ({ kind: 'alarm', item, alarm }))])]
  })
}

function matches(words: readonly string[], text: string, item: CheckNow | undefined): boolean {
  const lower = text.toLowerCase()
  return words.every((word) => (word.startsWith('is:') ? item !== undefined && looks[item.verdict.shown].word === word.slice(3) : lower.includes(word)))
}

function textOf({ entity, check, alarms }: CheckNow): string {
  return [entity.label, entity.id, check.label, check.id, check.type, check.target, ...alarms.flatMap((alarm) => [alarm.label, alarm.id])].join(' ')
}

function keyOf(row: Row): string {
  return row.kind === 'entity' ? row.entity.id : row.kind === 'check' ? row.item.check.id : row.alarm.id
}

function draw(row: Row): VNode {
  if (row.kind === 'entity') return html`<${EntityRow} entity=${row.entity} />`
  return row.kind === 'check' ? checkRow(row.item) : html`<${AlarmRow} item=${row.item} alarm=${row.alarm} />`
}

function EntityRow({ entity }: { readonly entity: EntityNow }): VNode {
  const { api } = useWorld()
  return html`<div class="row entity-row"><h2>${entity.label}</h2><code class="soft">${entity.id}</code>
    ${mayChange(api.session) ? html`<a class="quiet" href=${to.add(entity.id)} aria-label=${`Add a check to ${entity.label}`}>+ check</a>` : null}</div>`
}

function checkRow(item: CheckNow): VNode {
  const { entity, check, seen, verdict } = item
  const heard = Math.max(0, ...[...seen.values()].map((one) => one.at))
  return html`<a class="row check-row" data-row href=${to.check(entity.id, check.id)}>
    <${Badge} state=${verdict.shown} />
    <span class="what"><b>${check.label}</b> <span class="soft">${check.type}${check.target === null ? '' : ` ${check.target}`}</span></span>
    <${ZoneChips} item=${item} />
    <span class="when soft"><${Ago} at=${heard} /></span>
  </a>`
}

function AlarmRow({ item, alarm }: { readonly item: CheckNow; readonly alarm: AlarmLine }): VNode {
  const { model } = useWorld()
  const now = model.now()
  const verdict = alarmVerdict(alarm, item.check, item.seen, now)
  return html`<a class="row alarm-row" data-row href=${to.alarm(item.entity.id, alarm.id)}>
    <${Badge} state=${verdict.shown} />
    <span class="what"><span class="soft">alarm</span> ${alarm.label}</span>
    <span class="why soft">${verdict.shown === 'OK' ? '' : verdict.reason}</span>
    <span class="when soft">since ${moment(verdict.since, now)}</span>
  </a>`
}
