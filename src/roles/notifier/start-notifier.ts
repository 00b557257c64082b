import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { Outbox } from '../../contracts/outbox.ts'
import type { Deliver } from '../../flows/deliver.ts'

export interface NotifierDeps {
  readonly deliver: Deliver
  readonly outbox: Pick<Outbox, 'nextDue'>
  readonly clock: Clock
  readonly log: Log
  /** ms: how often to look for what other processes left; what this process makes is taken up at once */
  readonly pollEvery?: number
  /** ms: how long a stop lets attempts finish that are under way; after that they are given back */
  readonly drainFor?: number
  /** false while this process may not act, because its clock is off: claims and dates would mean nothing. Absent: it always may */
  readonly mayAct?: () => boolean
}
export interface Notifier extends AsyncDisposable { nudge(): void }

/** Starts bringing deliveries to people; disposing it takes up nothing new and finishes or gives back what it holds. */
export async function startNotifier({ deliver, outbox, clock, log, pollEvery = 1000, drainFor = 5000, mayAct = () => true }: NotifierDeps): Promise<Notifier> {
  const stop = new AbortController()
  const cut = new AbortController()
  const running = run()

  async function run(): Promise<void> {
    while (!stop.signal.aborted) await deliver.wake.wait(clock, await round(), stop.signal)
  }

  /** One look at what is due; answers how long to sleep. */
  async function round(): Promise<number> {
    if (!mayAct()) return pollEvery
    try {
      await deliver.runDue(stop.signal, cut.signal)
      const next = await outbox.nextDue()
      const ahead = next === undefined ? pollEvery : next - clock.now()
      // What is due already waits for its turn in this process, and rings when it had it.
      return ahead <= 0 ? pollEvery : Math.min(ahead, pollEvery)
    } catch (error) {
      log.warn({ error: String(error) }, 'the notifier could not look for deliveries and tries again')
      return pollEvery
    }
  }

  async function drain(): Promise<void> {
    stop.abort()
    await running
    using deadline = clock.deadline(drainFor)
    deadline.signal.addEventListener('abort', () => cut.abort(), { once: true })
    await deliver.settled()
  }

  return { nudge: () => deliver.wake.ring(), [Symbol.asyncDispose]: drain }
}
