import { parentPort, type MessagePort } from 'node:worker_threads'
import type { Calls, Request, Response } from '../protocol.ts'
import { CommitFailed, openKeeper, type Keeper } from './keeper.ts'

if (parentPort === null) throw new Error('The store\'s worker runs in a thread of its own')
serve(parentPort)

function serve(port: MessagePort): void {
  let keeper: Keeper | undefined
  port.on('message', ({ id, name, body }: Request) => {
    port.postMessage(answer(id, () => {
      // The main thread's link gives each call the body that its name asks for.
      if (name === 'open') {
        const opening = openKeeper(body as Calls['open'][0])
        keeper = opening.keeper
        return opening.opened
      }
      if (keeper === undefined) throw new Error('The store is not open')
      return (keeper[name] as (body: unknown) => unknown)(body)
    }))
  })
}

function answer(id: number, work: () => unknown): Response {
  try {
    return { id, ok: true, value: work() }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { id, ok: false, message, outcome: error instanceof CommitFailed ? error.outcome : 'not done' }
  }
}
