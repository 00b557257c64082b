import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Api } from './api.ts'
import { start } from './background.ts'
import { html } from './html.ts'
import { Notice } from './parts.ts'
import { useLoaded, useWorld } from './store.ts'

interface Plan { readonly id: string; readonly label: string }

/** Whom an alarm tells: a plan that is there, or one made on the spot from an address. */
export interface Telling { readonly plan: string; readonly address: string }

export const made = { webhook: '+webhook', email: '+email' } as const
const isMade = (plan: string): boolean => plan.startsWith('+')

export interface TellingProps { readonly value: Telling; readonly change: (value: Telling) => void }

export function TellingFields({ value, change }: TellingProps): VNode {
  const { api } = useWorld()
  const plans = useLoaded(() => api.all<Plan>('notification_plans'), [])
  const [answer, setAnswer] = useState<{ readonly ok: boolean; readonly text: string }>()
  const test = async (): Promise<void> => {
    setAnswer(undefined)
    const { status, message } = await api.post<{ readonly status: string; readonly message: string }>('test-notification', notificationOf(value))
    setAnswer({ ok: status === 'success', text: message })
  }
  const pick = (event: Event): void => {
    if (event.target instanceof HTMLSelectElement) change({ ...value, plan: event.target.value })
  }
  const type = (event: Event): void => {
    if (event.target instanceof HTMLInputElement) change({ ...value, address: event.target.value })
  }
  return html`<div class="fields">
    <label>Tell <select name="plan" value=${value.plan} onChange=${pick}>
      <option value=${made.webhook}>a webhook …</option><option value=${made.email}>an e-mail address …</option>
      ${(plans.value ?? []).map((plan) => html`<option value=${plan.id}>plan: ${plan.label}</option>`)}
    </select></label>
    ${isMade(value.plan) ? html`<label class="grow">${value.plan === made.webhook ? 'URL' : 'Address'}
      <input name="address" type=${value.plan === made.webhook ? 'url' : 'email'} required value=${value.address} onInput=${type} placeholder=${value.plan === made.webhook ? 'https://…' : 'you@example.org'} /></label>
      <button type="button" disabled=${value.address === ''} onClick=${() => start(test)}>Send a test</button>` : null}
    ${answer === undefined ? null : html`<${Notice} kind=${answer.ok ? 'info' : 'bad'}>${answer.text}<//>`}
  </div>`
}

function notificationOf({ plan, address }: Telling): Readonly<Record<string, unknown>> {
  return plan === made.webhook ? { label: shortened(address), type: 'webhook', details: { url: address } } : { label: address, type: 'email', details: { address } }
}

const shortened = (url: string): string => (URL.canParse(url) ? `webhook ${new URL(url).host}` : 'webhook').slice(0, 255)

/** The id of the plan to use; makes it, with its one notification for every state, when there is none yet. */
export async function planFor(api: Api, telling: Telling): Promise<string> {
  if (!isMade(telling.plan)) return telling.plan
  const body = notificationOf(telling)
  const notification = await api.create('notifications', body)
  const all = [notification]
  return api.create('notification_plans', { label: String(body['label']), critical_state: all, warning_state: all, ok_state: all })
}
