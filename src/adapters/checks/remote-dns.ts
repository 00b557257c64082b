import { Type } from 'typebox'
import { defineCheckType } from '../../contracts/check-type.ts'
import { ask } from './dns/ask.ts'
import { askedName, recordTypes, type Reply } from './dns/message.ts'
import { about, defaulting, optional, port, text, wrongPattern } from './kit/details.ts'
import { unavailable } from './kit/failure.ts'
import { fine, metricsOf, words } from './kit/metrics.ts'
import { matchText } from './kit/pattern.ts'

const metrics = {
  answer: words('the records of the asked type, sorted, separated by spaces'),
  answer_match: words('what the pattern matched in the answer; empty when it did not'),
  rtt: { type: 'n', unit: 'milliseconds', about: 'from the first question to the answer' },
  ttl: { type: 'I', unit: 'seconds', about: 'how long the answer may be kept; the least of all records' },
} as const

const longestAnswer = 4096

export const remoteDns = defineCheckType({
  type: 'remote.dns',
  category: 'remote',
  about: 'Asks a name server for records of a name',
  details: Type.Object({
    query: Type.String({ minLength: 1, maxLength: 255, ...about('the name to ask for; with PTR it may be an address') }),
    record_type: Type.Enum([...recordTypes], about('the type of records to ask for')),
    port: defaulting(port(), 53, 'the port of the name server'),
    answer_match: optional(text(), 'a pattern to look for in the answer; gives answer_match'),
  }),
  metrics,
  problem: (given) => wrongPattern({ answer_match: given.answer_match }) ?? nameProblem(given.query),
  async run(context) {
    const { details, clock, random } = context
    const id = Buffer.from(random.bytes(2)).readUInt16BE(0)
    const started = clock.monotonic()
    const reply = await ask(context, details.port ?? 53, { id, name: askedName(details.query, details.record_type), type: details.record_type })
    const rtt = fine(clock.monotonic() - started)
    const phases = { firstByte: rtt, total: fine(context.resolveTook + rtt) }
    if (reply.kind === 'failed') return unavailable(reply, { phases: { total: phases.total } })
    const answer = reply.values.join(' ').slice(0, longestAnswer)
    const matched = typeof details.answer_match === 'string' ? { answer_match: matchText(details.answer_match, answer) ?? '' } : {}
    const problem = problemOf(reply)
    return {
      available: problem === undefined,
      status: problem ?? `rtt=${(rtt / 1000).toFixed(3)}s,records=${reply.values.length}`,
      metrics: metricsOf(metrics, { rtt, ...(problem === undefined ? { answer, ttl: reply.ttl, ...matched } : {}) }),
      phases,
    }
  },
})

function nameProblem(query: string) {
  const fits = query.split('.').every((label, i, all) => Buffer.byteLength(label) <= 63 && (label !== '' || i === all.length - 1))
  return fits ? undefined : { key: 'query', message: 'must be a host name, its labels 1 to 63 bytes long' }
}

const codes: Readonly<Record<string, string>> = { NXDOMAIN: 'not found', SERVFAIL: 'server failure', REFUSED: 'refused', FORMERR: 'not understood', NOTIMP: 'not supported' }

function problemOf({ code, values }: Reply): string | undefined {
  if (code !== 'NOERROR') return `dns: ${codes[code] ?? code.toLowerCase()}`
  return values.length === 0 ? 'dns: no such record' : undefined
}
