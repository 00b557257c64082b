import type { LedgerEntry, Vote } from '../alarm-row.ts'
import { isZone, observedAt, targetOf, type Message } from './message.ts'

/** `CRITICAL: website on web-1`, in one line; a test says that it is one. */
export function title({ entry, test }: Message): string {
  return `${test ? 'TEST ' : ''}${entry.state}: ${checkLabel(entry)} on ${entityLabel(entry)}`
}

/** The reference's subject (section 19). */
export function emailSubject(message: Message): string {
  return `** ${title(message)} **`
}

export function emailText(message: Message): string {
  const { entry, link } = message
  const votes = entry.inputs?.votes ?? []
  return [
    title(message),
    '',
    `Entity: ${entityLabel(entry)}${address(entry)}`,
    `Check: ${checkLabel(entry)} (${entry.context?.check.type ?? 'unknown'})`,
    `Alarm: ${alarmLabel(entry)}`,
    `Status: ${entry.state}`,
    `Message: ${oneLine(entry.status)}`,
    `Date: ${dateText(observedAt(entry))} (UTC)`,
    ...(votes.length === 0 ? [] : ['', 'Observations', ...votes.flatMap((vote) => observationLines(vote, message))]),
    ...(link === null ? [] : ['', `More: ${link}`]),
    '',
    '--',
    'This message was sent automatically by Vedette; answers to it are not read.',
    '',
  ].join('\n')
}

/** What a chat shows: a few lines, plain, at most `limit` characters. */
export function chatText(message: Message, limit: number): string {
  const { entry, link } = message
  const lines = [
    `${title(message)} (was ${entry.previousState})`,
    oneLine(entry.status),
    `Alarm: ${alarmLabel(entry)}`,
    ...(entry.inputs === null ? [] : [entry.inputs.votes.map((vote) => `${zoneLabel(vote.zone, message)}: ${vote.state}`).join(', ')]),
  ].filter((line) => line !== '')
  const end = link === null ? '' : `\n${link}`
  return cut(lines.join('\n'), limit - end.length) + end
}

/** Shortens to `limit` characters, with an ellipsis where something is missing, and splits no character in two. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  return `${text.slice(0, Math.max(0, limit - 1)).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** Whatever a target or a person wrote becomes one line: nothing of it can add a header or a paragraph. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what goes
  return text.replace(/[\u0000-\u001F\u007F\u2028\u2029]+/g, ' ').trim()
}

function observationLines(vote: Vote, message: Message): readonly string[] {
  const { at, inputs } = message.entry
  const old = inputs !== null && inputs.now - vote.seenAt > inputs.rule.freshFor
  const age = Math.max(0, Math.round((at - vote.at) / 1000))
  return [`  ${vote.state} - ${oneLine(vote.status)}`, `  ${zoneLabel(vote.zone, message)}, ${age} sec ago${old ? ', too old to count' : ''}`]
}

/** `London (LON)`; labels of public zones often carry their code already. */
function zoneLabel(zone: string, { zones }: Message): string {
  if (!isZone(zone)) return zone
  const label = oneLine(zones[zone] ?? zone)
  const code = `(${zone.slice(2).toUpperCase()})`
  return label === zone || label.endsWith(code) ? label : `${label} ${code}`
}

const checkLabel = ({ context, check }: LedgerEntry) => oneLine(context?.check.label ?? context?.check.type ?? check)
const entityLabel = ({ context, key }: LedgerEntry) => oneLine(context?.entity.label ?? key.entity)
const alarmLabel = ({ context, key }: LedgerEntry) => oneLine(context?.alarm.label ?? key.alarm)

function address({ context }: LedgerEntry): string {
  const found = context?.observation?.target ?? targetOf(context)
  return found === null ? '' : ` (${oneLine(found)})`
}

// Made with the first letter: the calendars of the world take 8 MB.
let calendar: Intl.DateTimeFormat | undefined

/** As JavaScript prints a date: `Sat Apr 05 2014 23:50:33 GMT+0000`. */
function dateText(at: number): string {
  calendar ??= new Intl.DateTimeFormat('en-US', {
    timeZone: 'UTC', weekday: 'short', month: 'short', day: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  })
  const part = Object.fromEntries(calendar.formatToParts(at).map(({ type, value }) => [type, value]))
  return `${part.weekday} ${part.month} ${part.day} ${part.year} ${part.hour}:${part.minute}:${part.second} GMT+0000`
}
