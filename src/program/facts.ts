import { readFileSync } from 'node:fs'
import type { SmtpSettings } from '../adapters/channels/index.ts'
import type { ProbedCheck } from '../contracts/prober.ts'
import type { Config } from './config.ts'
import type { Canary } from './read-settings.ts'

/** The version of this program, from its package. Read once at start-up. */
export const version: string = String(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version)

/** The mail server out of its URL; null when there is none. */
export function smtpSettings({ smtpUrl, mailFrom }: Config): SmtpSettings | null {
  if (smtpUrl === undefined) return null
  const url = new URL(smtpUrl)
  const secure = url.protocol === 'smtps:'
  const port = url.port === '' ? (secure ? 465 : 25) : Number(url.port)
  const signIn = url.username === '' ? {} : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  return { host: url.hostname, port, secure, from: mailFrom, ...signIn }
}

/** TCP checks of the operator's canaries; undefined when there are none. */
export function canarySettings({ canaries }: Pick<Config, 'canaries'>): { readonly checks: readonly ProbedCheck[]; readonly every: number } | undefined {
  if (canaries.length === 0) return undefined
  return { checks: canaries.map(canary), every: 10_000 }
}

function canary({ host, port }: Canary, index: number): ProbedCheck {
  return { id: `chCanary${index}`, type: 'remote.tcp', details: { port }, timeout: 5, period: 10, target_alias: null, target_hostname: host, target_resolver: null }
}
