/**
 * Resolves with the first signal to stop, and aborts a start that is not over. A later one ends the process at once; but
 * not one within a second of the first, since a terminal's Ctrl-C reaches this process twice: by itself, and through npm.
 */
export function untilStopped(stop: AbortController): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let first: number | undefined
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (first !== undefined && performance.now() - first > 1000) process.exit(1)
      first ??= performance.now()
      stop.abort(new Error(`${signal} came before the start was over`))
      resolve(signal)
    })
  }
  return promise
}
