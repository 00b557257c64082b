import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Deadline } from '../../contracts/clock.ts'
import type { Random } from '../../contracts/random.ts'
import { EventQueue, type Happening, type SimulatedEvent } from './event-queue.ts'

/** 2026-01-01T00:00:00Z: where every simulation begins unless it says otherwise. */
export const simulationStart = Date.UTC(2026, 0, 1)

export interface ClockOptions {
  /** wall time at the start, ms since the epoch */
  readonly start?: number
  /** shuffles what falls on the same moment, so that seeds explore different interleavings; absent: first come, first served */
  readonly random?: Random
  /** true: time runs by itself, as fast as it can, whenever somebody waits; false: only `advance` and its like move it */
  readonly free?: boolean
}

/** One machine's clock: the simulation's time, its own idea of what the wall says, and death. */
export interface NodeClock extends Clock {
  /** the wall clock jumps by `ms`; monotonic time does not notice */
  jump(ms: number): void
  /** stands still for `ms`: whatever falls due meanwhile happens after it, as in a process that was stopped */
  pause(ms: number): void
  /** the machine is gone: nothing that waits on this clock ever goes on */
  kill(): void
  /** resolves when the machine can take something in: at once, after its pause, or never */
  ready(): Promise<void>
  /** calls `run` on this machine after `ms`, or when it has stood still long enough, or never; the answer takes it back */
  after(ms: number, run: Happening): () => void
}

export interface SimulatedClock extends NodeClock {
  /** the clock of another machine in the same simulation; `skew` ms ahead of true time */
  node(name: string, options?: { readonly skew?: number }): NodeClock
  /** runs all that falls due within `ms`, in order, with everything that follows from it */
  advance(ms: number): Promise<void>
  /** the same until `at` ms since the simulation's start */
  until(at: number): Promise<void>
  /** lets time pass until `work` is settled, and gives its outcome; fails when nobody waits for time any more */
  run<T>(work: Promise<T>): Promise<T>
  /** lets everything happen that needs no time */
  settle(): Promise<void>
}

/**
 * Virtual time for real asynchronous code in one process. Events are ordered by (time, rank, sequence) and run one by
 * one; between two of them all microtasks and turns of the event loop that the first one caused are played out, so the
 * same start gives the same run. Whatever waits for the outside world (a socket, a disk) has no place in here.
 */
export function simulatedClock(options: ClockOptions = {}): SimulatedClock {
  return new Simulation(options).root()
}

class Simulation {
  readonly #queue = new EventQueue()
  readonly #start: number
  readonly #random: Random | undefined
  readonly #free: boolean
  #elapsed = 0
  #sequence = 0
  #touches = 0
  #driving = false
  /** the free run under way; it ends when nobody waits */
  #running: Promise<void> | undefined

  constructor(options: ClockOptions) {
    this.#start = options.start ?? simulationStart
    this.#random = options.random
    this.#free = options.free ?? false
  }

  root(): SimulatedClock {
    return Object.assign(this.node(0), {
      node: (_name: string, options?: { readonly skew?: number }) => this.node(options?.skew ?? 0),
      advance: (ms: number) => this.until(this.#elapsed + ms),
      until: (at: number) => this.until(at),
      run: <T>(work: Promise<T>) => this.run(work),
      settle: () => this.settle(),
    })
  }

  node(skew: number): NodeClock {
    return nodeClock(this, skew)
  }

  /** Ms since the start. Whoever asks for the time is at work, which `settle` wants to know. */
  elapsed(): number {
    this.#touches += 1
    return this.#elapsed
  }

  wall(): number {
    return this.#start + Math.floor(this.elapsed())
  }

  schedule(ms: number, run: Happening): () => void {
    const at = this.elapsed() + Math.max(0, ms)
    const event: SimulatedEvent = { at, rank: this.#random?.float() ?? 0, sequence: this.#sequence++, run }
    // A deadline further away than any simulation lasts is none.
    if (Number.isFinite(at)) this.#queue.push(event)
    if (this.#free && this.#running === undefined) this.#running = this.#runFreely()
    return () => { event.run = undefined }
  }

  /** A turn of the event loop plays out all microtasks; whoever started another turn has asked for the time before. */
  async settle(): Promise<void> {
    let touches: number
    do {
      touches = this.#touches
      await nextTurn()
    } while (touches !== this.#touches)
  }

  async until(at: number): Promise<void> {
    await this.#drive(async () => {
      for (let next = this.#queue.peek(); next !== undefined && next.at <= at; next = this.#queue.peek()) await this.#step()
      this.#elapsed = Math.max(this.#elapsed, at)
    })
  }

  async run<T>(work: Promise<T>): Promise<T> {
    if (this.#free) return work
    let over = false
    const watched = watch(work, () => { over = true })
    await this.#drive(async () => {
      while (!over) if (!(await this.#step())) throw new Error('Nobody waits for time, and the work is not done: it would wait forever')
    })
    await watched
    return work
  }

  /** Runs the next event with all that follows from it at the same moment; false when there is none. */
  async #step(): Promise<boolean> {
    const event = this.#queue.pop()
    if (event === undefined) return false
    this.#elapsed = Math.max(this.#elapsed, event.at)
    if (event.run?.() !== 'quiet') await this.settle()
    return true
  }

  async #drive(work: () => Promise<void>): Promise<void> {
    if (this.#driving) throw new Error('Time is moved by one hand only: await the earlier advance first')
    this.#driving = true
    try {
      await this.settle()
      await work()
    } finally {
      this.#driving = false
    }
  }

  async #runFreely(): Promise<void> {
    await this.settle()
    // The queue is looked at and the run declared over in one breath: nobody can come to wait in between, unseen.
    while (this.#queue.peek() !== undefined) await this.#step()
    this.#running = undefined
  }
}

/** Calls `done` when `work` is settled either way. */
async function watch(work: Promise<unknown>, done: () => void): Promise<void> {
  await Promise.allSettled([work])
  done()
}

function nodeClock(simulation: Simulation, initialSkew: number): NodeClock {
  let skew = initialSkew
  let dead = false
  let pausedUntil = 0
  const wake = (run: Happening): ReturnType<Happening> => {
    if (dead) return 'quiet'
    const wait = pausedUntil - simulation.elapsed()
    if (wait <= 0) return run()
    simulation.schedule(wait, () => wake(run))
    return 'quiet'
  }
  const schedule = (ms: number, run: Happening) => simulation.schedule(ms, () => wake(run))
  return {
    now: () => simulation.wall() + skew,
    monotonic: () => simulation.elapsed(),
    sleep: (ms, signal) => sleep(schedule, ms, signal),
    deadline: (ms, parent) => deadline(schedule, ms, parent),
    jump: (ms) => { skew += ms },
    pause: (ms) => { pausedUntil = simulation.elapsed() + ms },
    kill: () => { dead = true },
    after: schedule,
    ready: async () => {
      if (dead || pausedUntil > simulation.elapsed()) await sleep(schedule, 0)
    },
  }
}

type Schedule = (ms: number, run: Happening) => () => void

function sleep(schedule: Schedule, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason)
    const cancel = schedule(ms, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    const abort = () => {
      cancel()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}

function deadline(schedule: Schedule, ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController()
  const cancel = schedule(ms, () => controller.abort(new DOMException('The deadline has passed', 'TimeoutError')))
  const abort = () => {
    cancel()
    controller.abort(parent?.reason)
  }
  if (parent?.aborted === true) abort()
  else parent?.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      cancel()
      parent?.removeEventListener('abort', abort)
    },
  }
}
