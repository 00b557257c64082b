/** What a person is about to add, as the form holds it: text, until it is sent. */
export interface Draft {
  /** an id, or '' for a new one */
  readonly entity: string
  readonly entityLabel: string
  readonly type: string
  readonly label: string
  readonly target: string
  readonly details: Readonly<Record<string, string>>
  readonly zones: readonly string[]
  readonly period: string
  readonly timeout: string
}

export interface Field { readonly name: string; readonly description: string; readonly optional: boolean }
export interface CheckTypeFacts { readonly id: string; readonly type: string; readonly category: string; readonly fields: readonly Field[] }

/** What the form asks first for a kind of check; everything else is under "more". Types that are not here show all they require. */
interface Look { readonly name: string; readonly say: string; readonly main: readonly string[]; readonly target?: string; readonly criteria: string }

export const looksOf: Readonly<Record<string, Look>> = {
  'remote.http': {
    name: 'Web page or API', say: 'Asks for a page and looks at the answer, its times and its certificate.', main: ['url'],
    criteria: `if (metric['code'] regex '^[45]') { return new AlarmStatus(CRITICAL, 'answers #{code}'); }\nif (metric['duration'] > 5000) { return new AlarmStatus(WARNING, 'slow: #{duration} ms'); }\nreturn new AlarmStatus(OK, 'answers #{code} in #{duration} ms');`,
  },
  'remote.tcp': { name: 'TCP port', say: 'Opens a connection to a port.', main: ['port'], target: 'Host', criteria: '' },
  'remote.ping': {
    name: 'Ping', say: 'Sends ICMP echo requests.', main: [], target: 'Host',
    criteria: `if (metric['available'] < 80) { return new AlarmStatus(CRITICAL, '#{available} % answered'); }\nif (metric['available'] < 95) { return new AlarmStatus(WARNING, '#{available} % answered'); }\nreturn new AlarmStatus(OK, '#{available} % answered');`,
  },
  'remote.dns': { name: 'Name server', say: 'Asks a name server and looks at its answer.', main: ['query', 'record_type', 'port'], target: 'Name server', criteria: '' },
  'remote.ssh': { name: 'SSH', say: 'Greets an SSH server and reads its key.', main: ['port'], target: 'Host', criteria: '' },
  'heartbeat': { name: 'Job that reports', say: 'A cron job or backup calls an address when it is done; silence is the alarm.', main: ['grace'], criteria: '' },
}

export const isRemote = (type: string): boolean => type.startsWith('remote.')

/** The host that a check goes to: for a web page it stands in its address. */
export function targetOf(draft: Draft): string {
  if (draft.type !== 'remote.http' || draft.target !== '') return draft.target
  const url = draft.details['url'] ?? ''
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : ''
}

/** The check as the API takes it; `aliases` are the names of the entity's addresses. */
export function bodyOf(draft: Draft, aliases: readonly string[]): Readonly<Record<string, unknown>> {
  const details = Object.fromEntries(Object.entries(draft.details).filter(([, text]) => text !== '').map(([name, text]) => [name, valueOf(name, text)]))
  const common = { type: draft.type, details, period: Number(draft.period), ...(draft.label === '' ? {} : { label: draft.label }) }
  // Who reports by himself is waited for by his grace, not by a timeout.
  if (!isRemote(draft.type)) return common
  const target = targetOf(draft)
  return { ...common, timeout: Number(draft.timeout), monitoring_zones_poll: draft.zones, ...(aliases.includes(target) ? { target_alias: target } : { target_hostname: target }) }
}

const texts = new Set(['url', 'body', 'payload', 'banner_match', 'body_match', 'send_body', 'query', 'auth_user', 'auth_password'])

/** What somebody typed into a field of details, as the value that it means. */
function valueOf(name: string, text: string): unknown {
  if (texts.has(name)) return text
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^\d{1,9}$/.test(text)) return Number(text)
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A name for the check when the person gave none. */
export function usualLabel(draft: Draft): string {
  const target = targetOf(draft)
  const name = looksOf[draft.type]?.name ?? draft.type
  if (draft.type === 'remote.http') return draft.details['url'] ?? name
  return target === '' ? name : `${name} ${target}${draft.details['port'] ? `:${draft.details['port']}` : ''}`
}
