import { test } from 'node:test'
import type { Store } from './store.ts'

/** Names of tests that an adapter does not pass, each with the reason. */
export type Exceptions = Readonly<Record<string, string>>
export type Open<T> = () => Promise<T & AsyncDisposable>

/**
 * A contract's suite: each line of the contract's comment is a test, and each test opens a subject of its own. An
 * exception that names no test fails, so that a list cannot outlive its reasons unnoticed.
 */
export function defineSuite<T>(title: string, tests: Readonly<Record<string, (subject: T) => Promise<void>>>) {
  return (adapter: string, open: Open<T>, exceptions: Exceptions = {}): void => {
    for (const name of Object.keys(exceptions)) if (!Object.hasOwn(tests, name)) throw new Error(`${title} has no test '${name}'`)
    for (const [name, run] of Object.entries(tests)) {
      test(`${title}, ${adapter}: ${name}`, exceptions[name] === undefined ? {} : { skip: exceptions[name] }, async () => {
        await using subject = await open()
        await run(subject)
      })
    }
  }
}

/** A day's start, so that buckets of every length begin here; what suites write lies around it. */
export const suiteStart = 20_454 * 86_400_000
/** The wall time that a store which forgets old data should have in its suite. */
export const suiteNow = suiteStart + 36 * 3_600_000

/** A store under test. `reopen` ends it, as its process would, and opens the same data again. */
export interface TestedStore {
  readonly store: Store
  reopen(): Promise<void>
  /** does now what the adapter does in the background sooner or later */
  tidy?(): Promise<void>
}
