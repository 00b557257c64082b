/** Structured log: facts first, then a short sentence. Secrets never enter. */
export interface Log {
  debug(facts: LogFacts, message: string): void
  info(facts: LogFacts, message: string): void
  warn(facts: LogFacts, message: string): void
  error(facts: LogFacts, message: string): void
  with(facts: LogFacts): Log
}
export type LogFacts = Readonly<Record<string, unknown>>
