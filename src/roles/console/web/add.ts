import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { AlarmPart, type AlarmDraft } from './add-alarm.ts'
import { CheckPart } from './add-check.ts'
import { ApiError, type Api } from './api.ts'
import { start } from './background.ts'
import { bodyOf, isRemote, looksOf, targetOf, usualLabel, type CheckTypeFacts, type Draft } from './draft.ts'
import { html } from './html.ts'
import { LookTable, type Look } from './looks.ts'
import { Notice } from './parts.ts'
import { to } from './route.ts'
import { useLive, useLoaded, useWorld } from './store.ts'
import { made, planFor } from './telling.ts'

export interface AddProps { readonly entity: string | undefined; readonly check: string | undefined }

/** What a half-finished adding has made already, so that trying again goes on instead of making it twice. */
interface Made { entity?: string; check?: string; plan?: string; /** an entity made for trying, because there was none */ tried?: string }

/** Adds a check, after trying it from the chosen zones, and an alarm that tells somebody. */
export function AddView({ entity, check }: AddProps): VNode {
  const { api, model } = useLive()
  const types = useLoaded(() => api.all<CheckTypeFacts>('check_types'), [])
  const zones = useLoaded(() => api.all<{ readonly id: string; readonly label: string }>('monitoring_zones'), [])
  const aliases = useLoaded(async (): Promise<readonly string[]> => (entity === undefined ? [] : Object.keys((await api.get<{ readonly ip_addresses: object | null }>(`entities/${entity}`)).ip_addresses ?? {})), [entity])
  if (types.error ?? zones.error) return html`<${Notice} kind="bad">${(types.error ?? zones.error)?.message}<//>`
  if (types.value === undefined || zones.value === undefined || !model.complete) return html`<p aria-busy="true">Reading …</p>`
  const known = check === undefined ? undefined : model.check(check)?.check
  return html`<${Form} entity=${entity} check=${known} types=${types.value} zones=${zones.value} aliases=${aliases.value ?? []} />`
}

interface FormProps {
  readonly entity: string | undefined
  /** an existing check that only gets an alarm */
  readonly check: { readonly id: string; readonly label: string; readonly type: string } | undefined
  readonly types: readonly CheckTypeFacts[]
  readonly zones: readonly { readonly id: string; readonly label: string }[]
  readonly aliases: readonly string[]
}

function Form({ entity, check, types, zones, aliases }: FormProps): VNode {
  const { api } = useWorld()
  const [draft, setDraft] = useState<Draft>({
    entity: entity ?? '', entityLabel: '', type: check?.type ?? 'remote.http', label: '', target: '', details: {}, period: '60', timeout: '30',
    zones: zones.slice(0, zones.length > 5 ? 3 : 5).map((zone) => zone.id),
  })
  const [alarm, setAlarm] = useState<AlarmDraft>({ wanted: true, label: '', criteria: looksOf[draft.type]?.criteria ?? '', telling: { plan: made.webhook, address: '' } })
  const [looks, setLooks] = useState<readonly Look[]>()
  const [state, setState] = useState<{ readonly busy: '' | 'trying' | 'adding'; readonly problem: string }>({ busy: '', problem: '' })
  const done = useRef<Made>(check === undefined ? {} : { entity: entity ?? '', check: check.id })
  useEffect(() => {
    setAlarm((old) => ({ ...old, criteria: looksOf[draft.type]?.criteria ?? '' }))
    setLooks(undefined)
  }, [draft.type])
  const form = useRef<HTMLFormElement>(null)
  const attempt = (busy: 'trying' | 'adding', task: () => Promise<void>) => (): void => {
    if (!complete(form.current, busy)) return
    setState({ busy, problem: '' })
    start(async () => {
      try {
        await task()
        setState({ busy: '', problem: '' })
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        setState({ busy: '', problem: error.message })
      }
    })
  }
  const tryIt = attempt('trying', async () => {
    setLooks(undefined)
    setLooks(await api.post<readonly Look[]>(`entities/${await entityToTryOn(api, draft, done.current)}/test-check`, bodyOf(draft, aliases)))
  })
  const add = attempt('adding', async () => {
    await addAll(api, draft, alarm, aliases, done.current)
    location.hash = to.check(done.current.entity ?? '', done.current.check ?? '')
  })
  const tested = looks !== undefined || !isRemote(draft.type) || check !== undefined
  return html`<form class="add" ref=${form} onSubmit=${(event: Event) => { event.preventDefault(); if (tested) add(); else tryIt() }}>
    <h1 class="small">${check === undefined ? 'Add a check' : `Set an alarm on ${check.label}`}</h1>
    ${check === undefined ? html`<${CheckPart} draft=${draft} change=${setDraft} types=${types} zones=${zones} aliases=${aliases} fixed=${done.current.entity !== undefined} />
      ${isRemote(draft.type) ? html`<p class="actions"><button type="button" class=${tested ? '' : 'primary'} disabled=${state.busy !== ''} onClick=${tryIt}>${state.busy === 'trying' ? 'Looking …' : tested ? 'Try it again' : 'Try it now'}</button>
        <span class="soft">from ${draft.zones.length === 1 ? 'the zone' : `${draft.zones.length} zones`}; nothing is stored</span></p>` : null}
      ${looks === undefined ? null : html`<${LookTable} looks=${looks} />`}` : null}
    <${AlarmPart} draft=${alarm} change=${setAlarm} looks=${looks} entity=${entity ?? done.current.entity} optional=${check === undefined} />
    ${state.problem === '' ? null : html`<${Notice} kind="bad">${state.problem}<//>`}
    <p class="actions"><button type=${tested ? 'submit' : 'button'} class=${tested ? 'primary' : ''} disabled=${state.busy !== ''} onClick=${tested ? undefined : add}>${state.busy === 'adding' ? 'Adding …' : tested ? 'Add' : 'Add without trying'}</button></p>
  </form>`
}

/** Whether what is needed is filled in; points at what is not. Trying needs only what the check itself is. */
function complete(form: HTMLFormElement | null, what: 'trying' | 'adding'): boolean {
  if (form === null || what === 'adding') return form?.reportValidity() ?? false
  const fields = [...form.querySelectorAll<HTMLInputElement>('[data-try] input')]
  return fields.every((field) => field.reportValidity())
}

/** Trying needs an entity, any: the target is named in the check itself. Only where there is none the new one is made before. */
async function entityToTryOn(api: Api, draft: Draft, already: Made): Promise<string> {
  if (draft.entity !== '') return draft.entity
  const { values } = await api.get<{ readonly values: readonly { readonly id: string }[] }>('entities?limit=1')
  const [any] = values
  if (any !== undefined) return any.id
  already.tried = await api.create('entities', { label: draft.entityLabel === '' ? targetOf(draft) : draft.entityLabel })
  return already.tried
}

async function entityFor(api: Api, { entity, entityLabel }: Draft, { tried }: Made): Promise<string> {
  if (entity !== '') return entity
  if (tried === undefined) return api.create('entities', { label: entityLabel })
  await api.update(`entities/${tried}`, { label: entityLabel })
  return tried
}

async function addAll(api: Api, draft: Draft, alarm: AlarmDraft, aliases: readonly string[], already: Made): Promise<void> {
  already.entity ??= await entityFor(api, draft, already)
  const labelled = draft.label === '' ? { ...draft, label: usualLabel(draft).slice(0, 255) } : draft
  already.check ??= await api.create(`entities/${already.entity}/checks`, bodyOf(labelled, aliases))
  if (!alarm.wanted) return
  already.plan ??= await planFor(api, alarm.telling)
  await api.create(`entities/${already.entity}/alarms`, {
    check_id: already.check, notification_plan_id: already.plan, label: alarm.label === '' ? labelled.label || 'alarm' : alarm.label,
    ...(alarm.criteria.trim() === '' ? {} : { criteria: alarm.criteria }),
  })
}
