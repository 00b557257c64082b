import { pino, type DestinationStream, type Logger } from 'pino'
import type { Log } from '../../contracts/log.ts'

const secretPaths = ['token', 'key', 'password', 'details', '*.token', '*.key', '*.password', '*.details', 'headers["x-auth-token"]']

/** JSON lines on `destination` (standard output by default); what looks like a secret is blanked out. */
export function systemLog(level: string, destination?: DestinationStream): Log {
  return wrap(pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, formatters: { level: (label) => ({ level: label }) }, redact: secretPaths }, destination))
}

function wrap(logger: Logger): Log {
  return {
    debug: (facts, message) => logger.debug(facts, message),
    info: (facts, message) => logger.info(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
    error: (facts, message) => logger.error(facts, message),
    with: (facts) => wrap(logger.child(facts)),
  }
}
