import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { start } from './background.ts'
import { html } from './html.ts'
import { Notice } from './parts.ts'
import { sessionOf, signIn, type Session } from './session.ts'

export interface SignInProps { readonly notice: string; readonly enter: (session: Session) => void }

/** User and API key, or a token; kept for this tab only. */
export function SignIn({ notice, enter }: SignInProps): VNode {
  const [problem, setProblem] = useState(notice)
  const [busy, setBusy] = useState(false)
  const attempt = (ask: (fields: FormData) => Promise<Session | undefined>) => (event: SubmitEvent): void => {
    event.preventDefault()
    if (!(event.target instanceof HTMLFormElement)) return
    const fields = new FormData(event.target)
    setBusy(true)
    start(async () => {
      try {
        const session = await ask(fields)
        if (session === undefined) setProblem('That did not fit. Look at the user and the key again.')
        else enter(session)
      } catch (error) {
        setProblem(`Could not sign in: ${error instanceof TypeError ? 'the server cannot be reached' : String(error)}`)
      } finally {
        setBusy(false)
      }
    })
  }
  const byKey = attempt((fields) => signIn(text(fields, 'user'), text(fields, 'key')))
  const byToken = attempt((fields) => sessionOf(text(fields, 'token')))
  return html`<main id="main" class="sign-in">
    <h1>Vedette</h1>
    ${problem === '' ? null : html`<${Notice} kind="bad">${problem}<//>`}
    <form onSubmit=${byKey}>
      <label>User <input name="user" autocomplete="username" required autofocus /></label>
      <label>API key or password <input name="key" type="password" autocomplete="current-password" required /></label>
      <button class="primary" disabled=${busy}>${busy ? 'One moment …' : 'Sign in'}</button>
    </form>
    <details>
      <summary>Sign in with a token</summary>
      <form onSubmit=${byToken}>
        <label>Token <input name="token" type="password" autocomplete="off" required /></label>
        <button disabled=${busy}>Use this token</button>
      </form>
    </details>
    <p class="soft">The first start of the server prints a user, a key and a link that signs you in. You stay signed in until you close this tab.</p>
  </main>`
}

function text(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value.trim() : ''
}
