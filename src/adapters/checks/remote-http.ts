import { Type, type Static } from 'typebox'
import { defineCheckType, type DetailProblem, type ProbeContext } from '../../contracts/check-type.ts'
import type { ProbeResult } from '../../contracts/prober.ts'
import type { Metric } from '../../core/alarm-language/types.ts'
import { bodyText, inspected } from './http/body-text.ts'
import type { Exchange } from './http/exchange.ts'
import { travel, type Journey, type Travelled } from './http/journey.ts'
import type { ResponseParser } from './http/response-parser.ts'
import { certificateFacts, certificateMetrics } from './kit/certificate.ts'
import { about, defaulting, optional, text, wrongPattern } from './kit/details.ts'
import { failed, unavailable } from './kit/failure.ts'
import { bytes, fine, measured, metricsOf, milliseconds, words } from './kit/metrics.ts'
import { matchText } from './kit/pattern.ts'

/** Set by us: a check may not. */
const ownHeaders = ['content-length', 'user-agent', 'host', 'connection', 'keep-alive', 'transfer-encoding', 'upgrade']
const anyCase = (name: string) => name.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
const headerName = `^(?!(?:${ownHeaders.map(anyCase).join('|')})$)[!#$%&'*+\\-.^_\`|~0-9A-Za-z]{1,50}$`

const details = Type.Object({
  url: Type.String({ minLength: 1, maxLength: 8096, ...about('what to ask for; its host is sent as Host and server name, the connection goes to the target') }),
  method: defaulting(Type.Enum(['HEAD', 'GET', 'POST', 'PUT', 'DELETE', 'INFO']), 'GET', 'the request method'),
  body: optional(text(), 'a pattern to look for in the body; gives body_match'),
  body_matches: optional(Type.Record(Type.String({ pattern: '^[-_ A-Za-z0-9]{1,50}$' }), text(), { maxProperties: 4, additionalProperties: false }), 'named patterns to look for in the body; each gives body_match_<name>'),
  headers: optional(Type.Record(Type.String({ pattern: headerName }), Type.String({ minLength: 1, maxLength: 50, pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$' }), { maxProperties: 10, additionalProperties: false }), 'headers to send, to the host of the URL only'),
  auth_user: optional(text(), 'user name; basic first, digest when the server asks for it'),
  auth_password: optional(text(), 'password of that user'),
  follow_redirects: defaulting(Type.Boolean(), true, 'whether to follow redirects, 10 at most'),
  payload: optional(text(1024), 'the body to send, to the first location only'),
  include_body: defaulting(Type.Boolean(), false, 'whether to keep the beginning of the body as the metric body'),
  verify_certificate: defaulting(Type.Boolean(), true, 'whether a certificate that is not trusted makes the target unavailable'),
})
type Details = Static<typeof details>

const own = {
  code: words('the status of the last answer'),
  bytes: bytes('i', 'size of the body as it came, at most 1 MB are read'),
  truncated: bytes('I', 'bytes of the body that were not looked at'),
  duration: milliseconds('from the start to the end of the last answer'),
  tt_dns: milliseconds('from the start until the name was resolved; only for targets that are names'),
  tt_connect: milliseconds('from the start until the last connection stood'),
  tt_tls: milliseconds('from the start until the last TLS handshake was done'),
  tt_firstbyte: milliseconds('from the start until the first byte of the last answer'),
  body: words('the beginning of the body, 1024 characters at most, when include_body is set'),
  body_match: words('what the pattern matched; empty when it did not'),
} as const

const readAtMost = 1024 * 1024
const debugged = 512 * 1024
const includedBody = 1024

/**
 * Any complete answer makes the target available, whatever its status: alarms judge the code. A certificate that is not
 * trusted does not, as visitors would be turned away: nothing is sent to such a server, the status names the reason and the
 * metrics describe the certificate all the same. `verify_certificate: false` goes on, with the reason in cert_error.
 */
export const remoteHttp = defineCheckType({
  type: 'remote.http',
  category: 'remote',
  about: 'Asks a web server over HTTP or HTTPS, and looks at status, body, times and certificate',
  details,
  secrets: ['auth_password'],
  metrics: { ...own, 'body_match_*': words('what the named pattern matched; empty when it did not'), ...certificateFacts },
  problem: (given) => urlOf(given).problem ?? wrongPattern({ body: given.body, ...prefixed(given.body_matches) }),
  async run(context) {
    const { url, problem } = urlOf(context.details)
    if (problem !== undefined) return unavailable({ kind: 'failed', status: `the url ${problem.message}`, cannot: true })
    return result(context, await travel(context, journeyOf(context, url)))
  },
})

type Read = { readonly url: URL; readonly problem: undefined } | { readonly url: null; readonly problem: DetailProblem }

function urlOf({ url: text }: Details): Read {
  const wrong = (message: string): Read => ({ url: null, problem: { key: 'url', message } })
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return wrong('must be a URL that begins with http:// or https://')
  if (url.username !== '' || url.password !== '') return wrong('must not hold credentials; they belong in auth_user and auth_password, where they are kept secret')
  return { url, problem: undefined }
}

const prefixed = (patterns: Details['body_matches']) => Object.fromEntries(Object.entries(patterns ?? {}).map(([name, pattern]) => [`body_matches.${name}`, pattern]))

function journeyOf({ details: given, debug }: ProbeContext<Details>, url: URL): Journey {
  const { auth_user: user } = given
  return {
    first: { method: given.method ?? 'GET', url, headers: given.headers ?? {}, payload: given.payload ?? undefined },
    credentials: user === null || user === undefined ? undefined : { user, password: given.auth_password ?? '' },
    follow: given.follow_redirects ?? true,
    verify: given.verify_certificate ?? true,
    bounds: { keep: debug ? debugged : inspected, count: readAtMost },
  }
}

async function result(context: ProbeContext<Details>, { exchanges, failure }: Travelled): Promise<Omit<ProbeResult, 'target'>> {
  const { clock, debug, details: given } = context
  const ended = clock.monotonic()
  const total = ended - startOf(exchanges, ended)
  const phases = phasesOf(exchanges, total)
  const metrics = { ...certificateOf(exchanges, clock.now()), ...answerMetrics(exchanges, ended) }
  const response = exchanges.at(-1)?.response
  if (failure !== undefined || response?.head === undefined) return unavailable(failure ?? failed('bad response: none'), { metrics, phases })
  return {
    available: true,
    status: `code=${response.head.status},rt=${(total / 1000).toFixed(3)}s,bytes=${response.received}`,
    metrics: { ...metrics, ...(await bodyMetrics(given, response)) },
    phases,
    ...(debug ? { body: (await textOf(response, debugged)) ?? '' } : {}),
  }
}

const startOf = ([first]: readonly Exchange[], ended: number) => (first === undefined ? ended : first.marks.resolved - first.marks.dns)

function certificateOf(exchanges: readonly Exchange[], now: number): Record<string, Metric> {
  const certificate = exchanges.findLast((exchange) => exchange.certificate !== undefined)?.certificate
  return certificate === undefined ? {} : certificateMetrics(certificate, now)
}

/** What is known of the last answer; times are ms since the start of the first request. */
function answerMetrics(exchanges: readonly Exchange[], ended: number): Record<string, Metric> {
  const last = exchanges.at(-1)
  if (last === undefined) return {}
  const { marks, response } = last
  const start = startOf(exchanges, ended)
  const since = (mark: number | undefined) => (mark === undefined ? undefined : mark - start)
  const answer = response.head === undefined ? {} : { code: String(response.head.status), bytes: response.received, truncated: Math.max(0, response.size - inspected) }
  return metricsOf(own, {
    ...answer, duration: ended - start, tt_dns: marks.dns === 0 ? undefined : since(marks.resolved),
    tt_connect: since(marks.connected), tt_tls: since(marks.secured), tt_firstbyte: since(marks.firstByte),
  })
}

/** The phases of all exchanges together. */
function phasesOf(exchanges: readonly Exchange[], total: number): NonNullable<ProbeResult['phases']> {
  const sum: { dns?: number; connect?: number; tls?: number; firstByte?: number } = {}
  const add = (phase: keyof typeof sum, from: number | undefined, to: number | undefined) => {
    if (from !== undefined && to !== undefined) sum[phase] = fine((sum[phase] ?? 0) + to - from)
  }
  for (const { marks } of exchanges) {
    if (marks.dns > 0) add('dns', 0, marks.dns)
    add('connect', marks.resolved, marks.connected)
    add('tls', marks.connected, marks.secured)
    add('firstByte', marks.secured ?? marks.connected, marks.firstByte)
  }
  return { ...sum, total: fine(total) }
}

function textOf(response: ResponseParser, limit: number): Promise<string | undefined> {
  const { head, body } = response
  return head === undefined ? Promise.resolve(undefined) : bodyText(head, body, response.size <= body.length, limit)
}

async function bodyMetrics(given: Details, response: ResponseParser): Promise<Record<string, Metric>> {
  const wanted = Object.entries(given.body_matches ?? {}).map(([name, pattern]): [string, string] => [`body_match_${name}`, pattern])
  if (typeof given.body === 'string') wanted.push(['body_match', given.body])
  if (wanted.length === 0 && given.include_body !== true) return {}
  const body = (await textOf(response, inspected)) ?? ''
  const metrics = given.include_body === true ? metricsOf(own, { body: body.slice(0, includedBody) }) : {}
  for (const [name, pattern] of wanted) metrics[name] = measured(own.body_match, matchText(pattern, body) ?? '')
  return metrics
}
