/** What the operating system says went wrong, without the call's name: "permission denied". Other errors keep their words. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return /^E[A-Z0-9]+: ([^,]+), /.exec(text)?.[1] ?? text
}

/** The system's code of an error: 'EADDRINUSE'; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
