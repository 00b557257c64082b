import type { Log, LogFacts } from '../../contracts/log.ts'

export interface LogLine { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly facts: LogFacts; readonly message: string }
export interface RecordingLog extends Log { readonly lines: readonly LogLine[] }

/** A log that keeps its lines for a test to look at. */
export function recordingLog(): RecordingLog {
  const lines: LogLine[] = []
  return { lines, ...bound(lines, {}) }
}

function bound(lines: LogLine[], always: LogFacts): Log {
  const at = (level: LogLine['level']) => (facts: LogFacts, message: string) => { lines.push({ level, facts: { ...always, ...facts }, message }) }
  return {
    debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'),
    with: (facts) => bound(lines, { ...always, ...facts }),
  }
}
