import { createContext } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import type { Api } from './api.ts'
import { isAbort, start } from './background.ts'
import type { Link } from './link.ts'
import type { Model } from './model.ts'

/** What every view of a signed-in person has. */
export interface World {
  readonly api: Api
  readonly model: Model
  readonly link: Link
  /** calls back after everything that changes what should be seen, until the answer is called */
  readonly follow: (listener: () => void) => () => void
}

export const WorldContext = createContext<World | undefined>(undefined)

export function useWorld(): World {
  const world = useContext(WorldContext)
  if (world === undefined) throw new Error('a view stands outside the world')
  return world
}

/** As `useWorld`, and the view is drawn again whenever the model changes: at most four times a second. */
export function useLive(): World {
  const world = useWorld()
  const [, draw] = useState(0)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined
        draw((n) => n + 1)
      }, 250)
    }
    const leave = world.follow(soon)
    return () => {
      leave()
      clearTimeout(timer)
    }
  }, [world])
  return world
}

/** The server's time, drawn again every `every` ms. */
export function useNow(every = 1000): number {
  const { model } = useWorld()
  const [, draw] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => draw((n) => n + 1), every)
    return () => clearInterval(timer)
  }, [every])
  return model.now()
}

export interface Loaded<T> { readonly value: T | undefined; readonly error: Error | undefined; readonly reload: () => void }

/** Loads something when `on` changes and when asked; an older value stays until the newer is there. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, on: readonly unknown[]): Loaded<T> {
  const [round, setRound] = useState(0)
  const [state, setState] = useState<{ readonly value?: T; readonly error?: Error; readonly key?: string }>({})
  const key = JSON.stringify(on)
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    const over = new AbortController()
    const run = async (): Promise<void> => {
      try {
        setState({ value: await latest.current(over.signal), key })
      } catch (error) {
        if (!over.signal.aborted && !isAbort(error)) setState((old) => ({ ...old, error: error instanceof Error ? error : new Error(String(error)) }))
      }
    }
    start(run)
    return () => over.abort()
  }, [key, round])
  return { value: state.key === key ? state.value : undefined, error: state.error, reload: () => setRound((n) => n + 1) }
}
