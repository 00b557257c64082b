import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** What a target does: answers 200, 404 or 503, closes the connection, or lets one wait. */
export type Mood = 'well' | 'odd' | 'broken' | 'gone' | 'slow'
export type Known = 'OK' | 'WARNING' | 'CRITICAL'
export interface Switched { readonly target: number; readonly mood: Mood; readonly at: number; readonly asked: number }

/** What is true of a target from a time (ms) on. */
export interface Truth { readonly at: number; readonly mood: Mood; readonly state: Known }

const states: Readonly<Record<Mood, Known>> = { well: 'OK', odd: 'WARNING', broken: 'CRITICAL', gone: 'CRITICAL', slow: 'CRITICAL' }
const moods = Object.keys(states) as readonly Mood[]

/** The alarm that knows these moods. */
export const criteria = `if (metric['code'] regex '4..') { return new AlarmStatus(WARNING, 'answers #{code}'); }
if (metric['code'] != '200') { return new AlarmStatus(CRITICAL, 'answers #{code}'); }
return new AlarmStatus(OK, 'answers');`

/** Real web servers on loopback that are well or ill as told, with a record of what was true of each and since when. */
export interface TargetField extends AsyncDisposable {
  readonly count: number
  url(target: number): string
  /** of each target, oldest first */
  readonly truths: readonly (readonly Truth[])[]
  turn(target: number, mood: Mood): Promise<void>
}

const program = fileURLToPath(new URL('target-field-child.ts', import.meta.url))

export async function targetField(count: number): Promise<TargetField> {
  const child = fork(program)
  const [{ port }] = await once(child, 'message') as [{ port: number }]
  const truths: Truth[][] = Array.from({ length: count }, () => [{ at: 0, mood: 'well', state: 'OK' }])
  const waiting = new Map<number, () => void>()
  child.on('message', ({ target, mood, at }: Switched) => {
    truths[target]?.push({ at, mood, state: states[mood] })
    waiting.get(target)?.()
  })
  return {
    count, truths, url: (target) => `http://127.0.0.1:${port}/${target}`,
    async turn(target, mood) {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.set(target, resolve)
      child.send({ target, mood })
      await promise
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

export interface Weather {
  /** how long a target stays as it is, ms: at least, and at most */
  readonly least: number
  readonly most: number
  readonly random: () => number
  readonly stop: AbortSignal
}

/** Turns every target now and then, each to a mood of another state, until stopped. */
export async function keepTurning(field: TargetField, weather: Weather): Promise<void> {
  await Promise.all(Array.from({ length: field.count }, (_, target) => turnOne(field, target, weather)))
}

async function turnOne(field: TargetField, target: number, { least, most, random, stop }: Weather): Promise<void> {
  let wait = random() * most
  while (await slept(wait, stop)) {
    const now = field.truths[target]?.at(-1)?.state ?? 'OK'
    // Ill targets mostly get well again: as in life, most of them are well.
    const other = now === 'OK' || random() < 0.2 ? moods.filter((mood) => states[mood] !== now) : ['well'] as const
    const mood = other[Math.floor(random() * other.length)]
    if (mood !== undefined) await field.turn(target, mood)
    wait = least + random() * (most - least)
  }
}

async function slept(wait: number, stop: AbortSignal): Promise<boolean> {
  try {
    await sleep(wait, undefined, { signal: stop })
    return true
  } catch {
    return false
  }
}
