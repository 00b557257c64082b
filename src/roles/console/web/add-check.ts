import type { VNode } from 'preact'
import { isRemote, looksOf, type CheckTypeFacts, type Draft, type Field } from './draft.ts'
import { html } from './html.ts'
import { byName } from './model.ts'
import { useWorld } from './store.ts'

export interface CheckPartProps {
  readonly draft: Draft
  readonly change: (draft: Draft) => void
  readonly types: readonly CheckTypeFacts[]
  readonly zones: readonly { readonly id: string; readonly label: string }[]
  readonly aliases: readonly string[]
  /** the entity has been made already and stays */
  readonly fixed: boolean
}

const textIn = (event: Event): string => (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement ? event.target.value : '')

/** What to watch, of whom, from where and how often. */
export function CheckPart(props: CheckPartProps): VNode {
  const { draft, change, types } = props
  const set = (part: Partial<Draft>): void => change({ ...draft, ...part })
  const type = types.find((one) => one.id === draft.type)
  const look = looksOf[draft.type]
  // A heartbeat's key is made by the service.
  const fields = (type?.fields ?? []).filter((field) => draft.type !== 'heartbeat' || field.name !== 'key')
  const main = fields.filter((field) => look?.main.includes(field.name) ?? !field.optional)
  return html`<fieldset data-try><legend>What</legend>
      <div class="kinds" role="radiogroup" aria-label="Kind of check">${kindsOf(types).map((id) => html`
        <label class="kind"><input type="radio" name="kind" checked=${draft.type === id} onChange=${() => set({ type: id, details: {}, target: '' })} /><span>${looksOf[id]?.name ?? id}</span></label>`)}</div>
      <p class="soft">${look?.say ?? ''}</p>
      <div class="fields">
        ${look?.target === undefined ? null : html`<label class="grow">${look.target} <input name="target" required list="aliases" value=${draft.target} onInput=${(event: Event) => set({ target: textIn(event) })} /></label>
          <datalist id="aliases">${props.aliases.map((alias) => html`<option value=${alias}></option>`)}</datalist>`}
        ${main.map((field) => detail(field, draft, set))}
      </div>
      <${More} fields=${fields.filter((field) => !main.includes(field))} draft=${draft} set=${set} />
    </fieldset>
    <${Whose} ...${props} set=${set} />
    <${HowOften} ...${props} set=${set} />`
}

interface PartProps extends CheckPartProps { readonly set: (part: Partial<Draft>) => void }

/** Those with a form of their own first, then any other that goes out from a zone; agents' checks need an agent first. */
function kindsOf(types: readonly CheckTypeFacts[]): readonly string[] {
  const ids = types.map((type) => type.id)
  return [...Object.keys(looksOf).filter((id) => ids.includes(id)), ...ids.filter((id) => isRemote(id) && looksOf[id] === undefined)]
}

function detail({ name, description, optional }: Field, draft: Draft, set: (part: Partial<Draft>) => void): VNode {
  const type = name === 'url' ? 'url' : name.includes('password') || name === 'secret' ? 'password' : 'text'
  return html`<label class=${name === 'url' || name === 'query' ? 'grow' : ''} key=${name}><span>${name === 'url' ? 'URL' : name.replaceAll('_', ' ')}</span>
    <input name=${name} type=${type} required=${!optional} title=${description} placeholder=${name === 'url' ? 'https://' : ''} inputmode=${name === 'port' ? 'numeric' : undefined} autocomplete="off"
      value=${draft.details[name] ?? ''} onInput=${(event: Event) => set({ details: { ...draft.details, [name]: textIn(event) } })} /></label>`
}

function More({ fields, draft, set }: { readonly fields: readonly Field[]; readonly draft: Draft; readonly set: (part: Partial<Draft>) => void }): VNode | null {
  const wantsTarget = draft.type === 'remote.http'
  if (fields.length === 0 && !wantsTarget) return null
  return html`<details><summary>More</summary><div class="fields">
    ${wantsTarget ? html`<label>connect to <input name="target" value=${draft.target} placeholder="the URL's host" onInput=${(event: Event) => set({ target: textIn(event) })} /></label>` : null}
    ${fields.map((field) => html`<div class="more-field" key=${field.name}>${detail(field, draft, set)}<span class="soft">${field.description}</span></div>`)}
  </div></details>`
}

function Whose({ draft, set, fixed }: PartProps): VNode {
  const { model } = useWorld()
  const entities = [...model.entities.values()].toSorted((a, b) => byName.compare(a.label, b.label))
  return html`<fieldset><legend>Whose</legend><div class="fields">
    <label>Entity <select name="entity" value=${draft.entity} disabled=${fixed} onChange=${(event: Event) => set({ entity: textIn(event) })}>
      <option value="">a new one …</option>${entities.map(({ id, label }) => html`<option value=${id}>${label}</option>`)}</select></label>
    ${draft.entity === '' ? html`<label class="grow">Its name <input name="entity-label" required maxlength="255" disabled=${fixed} value=${draft.entityLabel} placeholder="web server, shop, router …" onInput=${(event: Event) => set({ entityLabel: textIn(event) })} /></label>` : null}
    <label class="grow">Name of the check <input name="label" maxlength="255" value=${draft.label} placeholder="made from the above" onInput=${(event: Event) => set({ label: textIn(event) })} /></label>
  </div></fieldset>`
}

function HowOften({ draft, set, zones }: PartProps): VNode {
  const toggle = (id: string): void => set({ zones: draft.zones.includes(id) ? draft.zones.filter((one) => one !== id) : [...draft.zones, id] })
  const remote = isRemote(draft.type)
  return html`<fieldset data-try><legend>${remote ? 'From where, how often' : 'How often'}</legend>
    ${remote ? html`<div class="zone-choice">${zones.map(({ id, label }) => html`<label class="check"><input type="checkbox" checked=${draft.zones.includes(id)} onChange=${() => toggle(id)} required=${draft.zones.length === 0} /> ${id} <span class="soft">${label === id ? '' : label}</span></label>`)}</div>` : null}
    <div class="fields">
      <label>${remote ? 'every' : 'expected every'} <span class="unit"><input name="period" type="number" min="1" required value=${draft.period} onInput=${(event: Event) => set(periodOf(draft, textIn(event)))} /> s</span></label>
      ${remote ? html`<label>give up after <span class="unit"><input name="timeout" type="number" min="1" required value=${draft.timeout} onInput=${(event: Event) => set({ timeout: textIn(event) })} /> s</span></label>` : null}
    </div></fieldset>`
}

/** A timeout has to be shorter than its period: it follows until the person sets one that fits. */
function periodOf(draft: Draft, period: string): Partial<Draft> {
  const seconds = Number(period)
  return seconds > 1 && Number(draft.timeout) >= seconds ? { period, timeout: String(Math.max(1, Math.floor(seconds / 2))) } : { period }
}
