import type { FeedEvent } from '../../src/contracts/feed.ts'
import type { ApiClient } from './client.ts'

/** An event of the console's feed, with the time at which it came. */
export type Heard = FeedEvent & { readonly heardAt: number }

export interface Listener extends AsyncDisposable { readonly heard: readonly Heard[] }

/** Listens to the console's feed until disposed, as a browser does. */
export async function listen(api: ApiClient): Promise<Listener> {
  const stop = new AbortController()
  const answer = await fetch(`${api.base}/console/feed`, { headers: { 'x-auth-token': api.token }, signal: stop.signal })
  const heard: Heard[] = []
  const body = answer.body
  if (!answer.ok || body === null) throw new Error(`the feed answered ${answer.status}`)
  const collecting = collect(body, heard)
  return {
    heard,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await collecting
    },
  }
}

async function collect(body: ReadableStream<Uint8Array>, heard: Heard[]): Promise<void> {
  let rest = ''
  try {
    const decoder = new TextDecoder()
    for await (const chunk of body) {
      const messages = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
      rest = messages.pop() ?? ''
      for (const message of messages) heard.push(...eventsOf(message))
    }
  } catch {
    // the listener has gone
  }
}

function eventsOf(message: string): readonly Heard[] {
  const data = message.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join('\n')
  if (data.trim() === '') return []
  const parsed: unknown = JSON.parse(data)
  // The feed sends lists of events of its own contract.
  return (Array.isArray(parsed) ? parsed as FeedEvent[] : []).map((event) => ({ ...event, heardAt: Date.now() }))
}
