import { Worker } from 'node:worker_threads'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { Log } from '../../contracts/log.ts'
import type { CallName, Calls, Request, Response } from './protocol.ts'

/** Calls to the store's worker, answered in their order. */
export interface WorkerLink {
  call<K extends CallName>(name: K, body: Calls[K][0], transfer?: readonly ArrayBuffer[]): Promise<Calls[K][1]>
  /** Ends the thread; calls that wait are rejected. */
  end(): Promise<void>
}

type Waiting = Pick<PromiseWithResolvers<unknown>, 'resolve' | 'reject'>

/** Starts the worker. When it dies, what waits has an unknown outcome, and later calls are not done. */
export function startWorker(log: Log): WorkerLink {
  const worker = new Worker(new URL('./worker/index.ts', import.meta.url), { name: 'store', resourceLimits: { maxYoungGenerationSizeMb: 4 } })
  const waiting = new Map<number, Waiting>()
  let [lastId, dead] = [0, '']
  const die = (reason: string) => {
    dead ||= reason
    for (const { reject } of waiting.values()) reject(new StoreUnavailable(dead, 'unknown'))
    waiting.clear()
  }
  worker.on('message', (response: Response) => {
    const { resolve, reject } = take(waiting, response.id)
    if (response.ok) resolve(response.value)
    else reject(new StoreUnavailable(response.message, response.outcome))
  })
  worker.on('error', (error) => {
    log.error({ error: String(error) }, 'The store\'s worker failed')
    die(`The store's worker failed: ${String(error)}`)
  })
  worker.on('exit', () => die('The store is closed'))
  return {
    async call(name, body, transfer = []) {
      if (dead !== '') throw new StoreUnavailable(dead, 'not done')
      const id = ++lastId
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      waiting.set(id, { resolve, reject })
      worker.postMessage({ id, name, body } satisfies Request, transfer)
      // The worker answers each call by its name with what `Calls` says.
      return (promise as Promise<Calls[typeof name][1]>)
    },
    async end() {
      await worker.terminate()
    },
  }
}

function take(waiting: Map<number, Waiting>, id: number): Waiting {
  const found = waiting.get(id)
  if (found === undefined) throw new Error(`The store's worker answered call ${id}, which nobody made`)
  waiting.delete(id)
  return found
}
