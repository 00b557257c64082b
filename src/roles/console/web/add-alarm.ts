import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { ApiError } from './api.ts'
import { start } from './background.ts'
import { CriteriaField } from './criteria.ts'
import { html } from './html.ts'
import type { Look } from './looks.ts'
import { Badge } from './parts.ts'
import { useWorld } from './store.ts'
import { TellingFields, type Telling } from './telling.ts'

export interface AlarmDraft { readonly wanted: boolean; readonly label: string; readonly criteria: string; readonly telling: Telling }

export interface AlarmPartProps {
  readonly draft: AlarmDraft
  readonly change: (draft: AlarmDraft) => void
  /** what test-check saw, to try the criteria on */
  readonly looks: readonly Look[] | undefined
  readonly entity: string | undefined
  readonly optional: boolean
}

interface Transition { readonly state: 'OK' | 'WARNING' | 'CRITICAL'; readonly status: string }

/** When to tell, and whom. */
export function AlarmPart({ draft, change, looks, entity, optional }: AlarmPartProps): VNode {
  const set = (part: Partial<AlarmDraft>): void => change({ ...draft, ...part })
  return html`<fieldset><legend>Alarm</legend>
    ${optional ? html`<label class="check"><input type="checkbox" name="wanted" checked=${draft.wanted} onChange=${() => set({ wanted: !draft.wanted })} /> Tell somebody when it goes wrong</label>` : null}
    ${draft.wanted ? html`<${TellingFields} value=${draft.telling} change=${(telling: Telling) => set({ telling })} />
      <details open=${draft.criteria !== ''}><summary>When</summary>
        <p class="soft">Criteria in the alarm language; with none the alarm follows availability. A target that does not answer is always CRITICAL.</p>
        <${CriteriaField} value=${draft.criteria} change=${(criteria: string) => set({ criteria })} />
        <${Rehearsal} criteria=${draft.criteria} looks=${looks} entity=${entity} />
      </details>` : null}
  </fieldset>`
}

/** What the alarm would say of what was just seen. */
function Rehearsal({ criteria, looks, entity }: { readonly criteria: string; readonly looks: readonly Look[] | undefined; readonly entity: string | undefined }): VNode | null {
  const { api, model } = useWorld()
  const [answer, setAnswer] = useState<{ readonly steps: readonly Transition[]; readonly problem: string }>()
  const on = entity ?? [...model.entities.keys()][0]
  if (looks === undefined || looks.length === 0 || on === undefined || criteria.trim() === '') return null
  const rehearse = async (): Promise<void> => {
    try {
      setAnswer({ steps: await api.post<readonly Transition[]>(`entities/${on}/test-alarm`, { criteria, check_data: looks }), problem: '' })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setAnswer({ steps: [], problem: error.message })
    }
  }
  return html`<p class="actions"><button type="button" onClick=${() => start(rehearse)}>What would it say now?</button>
    <span role="status">${answer?.problem}${answer?.steps.map((step) => html`<span><${Badge} state=${step.state} word=${true} /> ${step.status} </span>`)}</span></p>`
}
