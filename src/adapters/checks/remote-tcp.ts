import { isIP } from 'node:net'
import { Type, type Static } from 'typebox'
import { defineCheckType, type ProbeContext } from '../../contracts/check-type.ts'
import type { ProbeResult } from '../../contracts/prober.ts'
import { certificateFacts, certificateMetrics, certificateOf } from './kit/certificate.ts'
import { Connection } from './kit/connection.ts'
import { hear, type Heard } from './kit/conversation.ts'
import { defaulting, optional, text, wrongPattern } from './kit/details.ts'
import { failed, unavailable, type Failure } from './kit/failure.ts'
import { fine, measured, metricsOf, milliseconds, words } from './kit/metrics.ts'
import { captures, matchText } from './kit/pattern.ts'

const details = Type.Object({
  port: Type.Integer({ minimum: 1, maximum: 65_535, description: 'the port to connect to' }),
  banner_match: optional(text(), 'a pattern for the first line that the server says; gives banner and banner_match'),
  send_body: optional(text(1024), 'what to send, after the banner if one is expected'),
  body_match: optional(text(), 'a pattern for the first 1024 bytes of what the server says then; gives body_match, and a metric for each named group'),
  ssl: defaulting(Type.Boolean(), false, 'whether to speak TLS'),
  verify_certificate: defaulting(Type.Boolean(), true, 'whether a certificate that is not trusted makes the target unavailable'),
})
type Details = Static<typeof details>

const own = {
  banner: words('the first line that the server said'),
  banner_match: words('what the pattern matched in the banner; empty when it did not'),
  body_match: words('what the pattern matched; empty when it did not'),
  duration: milliseconds('from the start to the end'),
  tt_connect: milliseconds('from the start until the connection stood'),
  tt_firstbyte: milliseconds('from the start until the server said something'),
  tt_body: milliseconds('from the start until enough of the body was there'),
} as const

const longest = 1024
const longestBanner = 512

export const remoteTcp = defineCheckType({
  type: 'remote.tcp',
  category: 'remote',
  about: 'Connects to a TCP port, and if wished listens to what is said there',
  details,
  secrets: [],
  metrics: { ...own, ...certificateFacts, '*': words('what a named group of body_match matched') },
  problem: ({ banner_match, body_match }) => wrongPattern({ banner_match, body_match }),
  async run(context) {
    const { clock, signal } = context
    const start = clock.monotonic() - context.resolveTook
    const resolved = clock.monotonic()
    const opened = await Connection.open(endpointOf(context), clock, signal)
    using connection = opened.connection
    const certificate = opened.failure === undefined ? certificateOf(connection) : undefined
    const told = opened.failure === undefined ? await talk(context, connection, certificate?.error ?? '') : silent(opened.failure)
    const ended = clock.monotonic()
    const { connected, secured } = connection.marks
    const since = (mark: number | undefined) => (mark === undefined ? undefined : mark - start)
    const metrics = {
      ...named(context.details, told),
      ...metricsOf(own, { ...told.values, duration: ended - start, tt_connect: since(connected), tt_firstbyte: since(told.firstByte), tt_body: since(told.bodyAt) }),
      ...(certificate === undefined ? {} : certificateMetrics(certificate, clock.now())),
    }
    const phases = phasesOf(start, resolved, ended, { connected, secured, firstByte: told.firstByte })
    if (told.failure !== undefined) return unavailable(told.failure, { metrics, phases })
    return { available: true, status: `connected,rt=${((ended - start) / 1000).toFixed(3)}s`, metrics, phases }
  },
})

interface Told {
  readonly failure: Failure | undefined
  readonly values: { readonly banner?: string; readonly banner_match?: string; readonly body_match?: string }
  readonly body: string
  readonly firstByte: number | undefined
  readonly bodyAt: number | undefined
}

const silent = (failure: Failure | undefined): Told => ({ failure, values: {}, body: '', firstByte: undefined, bodyAt: undefined })

function endpointOf({ address, family, source, hostname, details: given }: ProbeContext<Details>) {
  if (given.ssl !== true) return { address, family, source, port: given.port }
  const name = hostname ?? address
  return { address, family, source, port: given.port, tls: { name, isAddress: isIP(name) !== 0 } }
}

/** The conversation as the details have it; a server that says nothing that is waited for is waited for. */
async function talk({ details: given, clock, signal }: ProbeContext<Details>, connection: Connection, distrust: string): Promise<Told> {
  if (distrust !== '' && (given.verify_certificate ?? true)) return silent(failed(`tls: ${distrust}`))
  let told = silent(undefined)
  let rest: Buffer = Buffer.alloc(0)
  if (typeof given.banner_match === 'string') {
    const pattern = given.banner_match
    const heard = await hear(connection, clock, signal, Buffer.alloc(0), longest, (text) => text.includes('\n'), (text) => matchText(pattern, text) !== undefined)
    const [line = ''] = heard.text.split(/\r?\n/, 1)
    rest = heard.data.subarray(heard.data.indexOf(10) + 1 || heard.data.length)
    told = { ...told, failure: problemOf(heard), firstByte: heard.firstByte, values: heard.text === '' ? {} : { banner: line.slice(0, longestBanner), banner_match: matchText(pattern, line) ?? '' } }
    if (told.failure !== undefined) return told
  }
  if (typeof given.send_body === 'string') connection.write(given.send_body)
  if (typeof given.body_match !== 'string') return told
  const pattern = given.body_match
  const heard = await hear(connection, clock, signal, rest, longest, () => false, (text) => matchText(pattern, text) !== undefined)
  return {
    ...told, failure: problemOf(heard), firstByte: told.firstByte ?? heard.firstByte, body: heard.text,
    bodyAt: heard.text === '' ? undefined : clock.monotonic(),
    values: heard.text === '' ? told.values : { ...told.values, body_match: matchText(pattern, heard.text) ?? '' },
  }
}

function problemOf({ failure, ended, text }: Heard): Failure | undefined {
  return failure ?? (ended && text === '' ? failed('connection closed') : undefined)
}

function named({ body_match }: Details, { body }: Told): ProbeResult['metrics'] {
  const found = typeof body_match === 'string' ? captures(body_match, body) : {}
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, measured(own.body_match, value)]))
}

function phasesOf(start: number, resolved: number, ended: number, { connected, secured, firstByte }: { connected: number | undefined; secured: number | undefined; firstByte: number | undefined }): NonNullable<ProbeResult['phases']> {
  const ready = secured ?? connected
  return {
    ...(connected === undefined ? {} : { connect: fine(connected - resolved) }),
    ...(connected === undefined || secured === undefined ? {} : { tls: fine(secured - connected) }),
    ...(ready === undefined || firstByte === undefined ? {} : { firstByte: fine(firstByte - ready) }),
    total: fine(ended - start),
  }
}
