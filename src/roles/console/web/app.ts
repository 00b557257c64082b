import type { VNode } from 'preact'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { Api } from './api.ts'
import { start } from './background.ts'
import { html } from './html.ts'
import { Link } from './link.ts'
import { Model } from './model.ts'
import { save, savedSession, sessionOf, tokenInAddress, type Session } from './session.ts'
import { Shell } from './shell.ts'
import { SignIn } from './sign-in.ts'
import { WorldContext, type World } from './store.ts'

/** The whole page: signing in, and then the world. */
export function App(): VNode {
  const [session, setSession] = useState(savedSession)
  const [notice, setNotice] = useState('')
  const enter = useCallback((next: Session): void => {
    save(next)
    setNotice('')
    setSession(next)
  }, [])
  const leave = useCallback((why: string): void => {
    save(undefined)
    setNotice(why)
    setSession(undefined)
  }, [])
  useEffect(() => {
    const token = tokenInAddress()
    if (token === undefined) return
    start(async () => {
      const next = await sessionOf(token)
      if (next === undefined) leave('The link\'s token is not valid (any more).')
      else enter(next)
    })
  }, [])
  if (session === undefined) return html`<${SignIn} key=${notice} notice=${notice} enter=${enter} />`
  return html`<${SignedIn} key=${session.token} session=${session} leave=${leave} />`
}

interface SignedInProps { readonly session: Session; readonly leave: (why: string) => void }

function SignedIn({ session, leave }: SignedInProps): VNode {
  const world = useMemo(() => createWorld(session, () => leave('Your token is not valid any more. Please sign in again.')), [session])
  useEffect(() => world.run(), [world])
  return html`<${WorldContext.Provider} value=${world}><${Shell} leave=${() => leave('')} /><//>`
}

function createWorld(session: Session, refused: () => void): World & { readonly run: () => () => void } {
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  const api = new Api(session, refused)
  const model = new Model()
  const link = new Link(api, model, tell)
  const follow = (listener: () => void) => {
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }
  const run = () => {
    const over = new AbortController()
    start(() => link.run(over.signal))
    const timer = setInterval(() => {
      model.tick()
      tell()
    }, 3000)
    return () => {
      over.abort()
      clearInterval(timer)
    }
  }
  return { api, model, link, follow, run }
}
