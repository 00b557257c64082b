type Listener = (message: string) => void

const running = new Set<Promise<void>>()
const listeners = new Set<Listener>()

/** Starts work that nobody waits for; what goes wrong in it is shown to the person. */
export function start(task: () => Promise<void>): void {
  const tracked = async (): Promise<void> => {
    try {
      await task()
    } catch (error) {
      if (!isAbort(error)) complain(error instanceof Error ? error.message : String(error))
    } finally {
      running.delete(promise)
    }
  }
  const promise = tracked()
  running.add(promise)
}

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError'

/** Says to the person what went wrong. */
export function complain(message: string): void {
  for (const listener of listeners) listener(message)
}

/** Hears complaints until the answer is called. */
export function onComplaint(listener: Listener): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** Ends after `ms`; an aborted wait rejects with an AbortError. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stop = (): void => reject(new DOMException('stopped', 'AbortError'))
  if (signal.aborted) stop()
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', stop, { once: true })
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
