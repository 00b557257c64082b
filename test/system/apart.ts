import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { longRuns, type LongRuns } from './long-runs.ts'

interface Order { readonly name: keyof LongRuns; readonly argument: unknown }

/**
 * Runs a long simulation in a thread of its own: the test runner follows every promise of its thread, and there are
 * millions of them in a simulated day.
 */
export async function apart<K extends keyof LongRuns>(name: K, argument: Parameters<LongRuns[K]>[0]): Promise<Awaited<ReturnType<LongRuns[K]>>> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<LongRuns[K]>>>()
  const worker = new Worker(new URL(import.meta.url), { workerData: { name, argument } satisfies Order, execArgv: ['--disable-warning=ExperimentalWarning'] })
  worker.once('message', resolve).once('error', reject)
  try {
    return await promise
  } finally {
    await worker.terminate()
  }
}

if (!isMainThread) {
  // Only `apart` starts this file as a thread, with an order whose argument belongs to its name.
  const { name, argument } = workerData as { name: keyof LongRuns; argument: never }
  parentPort?.postMessage(await longRuns[name](argument))
}
