/**
 * The alarm language's test form: a check, an alarm, then what its zones see and what is expected of it.
 *
 *     check remote.http  period=60s  zones=mzdfw,mzord,mzlon
 *     alarm
 *       if (metric['code'] regex '5..') { return new AlarmStatus(CRITICAL, 'server says #{code}'); }
 *     at 0s   mzdfw code=200   mzord code=200
 *     expect OK
 *     at 60s  mzdfw down 'timeout'   mzord stressed
 *     expect CRITICAL 'server says 503'  notify 1
 *
 * `#` starts a comment, times are like 90s, 1m30s, 2h. `at 10m` alone lets time pass and looks for silence.
 */
export interface Sighting {
  readonly zone: string
  readonly available: boolean
  readonly stressed: boolean
  readonly confirming: boolean
  readonly status: string
  readonly metrics: readonly (readonly [name: string, value: string, quoted: boolean])[]
}

export type Step =
  | { readonly kind: 'at'; readonly line: number; readonly time: number; readonly sightings: readonly Sighting[] }
  | { readonly kind: 'expect'; readonly line: number; readonly state: string; readonly status: string | undefined; readonly notify: number | undefined }

export interface Script {
  readonly type: string
  /** seconds */
  readonly period: number
  readonly timeout: number
  readonly zones: readonly string[]
  readonly confirm: boolean
  readonly criteria: string
  readonly steps: readonly Step[]
}

/** What is wrong with a script: its line, counted from 1, and the rule. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
  readonly line: number
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`)
    this.line = line
  }
}

interface Word { readonly text: string; readonly quoted: boolean; readonly key: string | undefined }

const wordPattern = /\s+|#.*|(?:([\w./-]+)=)?(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|([^\s#'"]+))/gy

function words(text: string, line: number): readonly Word[] {
  const found: Word[] = []
  let end = 0
  for (const match of text.matchAll(wordPattern)) {
    end = match.index + match[0].length
    const quoted = match[2] ?? match[3]
    const plain = quoted?.replaceAll(/\\(.)/g, '$1') ?? match[4]
    if (plain !== undefined) found.push({ text: plain, quoted: quoted !== undefined, key: match[1] })
  }
  if (end !== text.length) throw new ScriptError(line, `cannot read "${text.slice(end)}"`)
  return found
}

/** Seconds of a time like 90s, 1m30s or 2h. */
export function readTime(text: string, line: number): number {
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 }
  if (!/^(\d+(\.\d+)?[hms])+$/.test(text)) throw new ScriptError(line, `"${text}" is no time; write 90s, 1m30s or 2h`)
  return [...text.matchAll(/(\d+(?:\.\d+)?)([hms])/g)].reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? 's'] ?? 1), 0)
}

/** Reads a script; throws ScriptError at the first line that cannot be read. */
export function readScript(text: string): Script {
  const lines = text.split(/\r?\n/)
  let head: Omit<Script, 'criteria' | 'steps'> | undefined
  let criteria: string | undefined
  const steps: Step[] = []
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1
    const [first, ...rest] = words(lines[index] ?? '', line)
    if (first === undefined) continue
    switch (first.text) {
      case 'check': head = readCheck(rest, line); break
      case 'alarm': {
        const end = endOfIndent(lines, index + 1)
        criteria = lines.slice(index + 1, end).join('\n')
        index = end - 1
        break
      }
      case 'at': steps.push(readAt(rest, line, head?.zones ?? [])); break
      case 'expect': steps.push(readExpect(rest, line)); break
      default: throw new ScriptError(line, `expected check, alarm, at or expect; found "${first.text}"`)
    }
  }
  if (head === undefined) throw new ScriptError(1, 'there is no check line')
  if (criteria === undefined) throw new ScriptError(1, 'there is no alarm')
  return { ...head, criteria, steps }
}

function endOfIndent(lines: readonly string[], from: number): number {
  let end = from
  while (end < lines.length && /^(\s|$)/.test(lines[end] ?? '')) end += 1
  return end
}

function readCheck([type, ...settings]: readonly Word[], line: number): Omit<Script, 'criteria' | 'steps'> {
  if (type === undefined) throw new ScriptError(line, 'check needs a type')
  const value = (key: string, fallback: string) => settings.find((word) => word.key === key)?.text ?? fallback
  const unknown = settings.find((word) => !['period', 'timeout', 'zones', 'confirm'].includes(word.key ?? ''))
  if (unknown !== undefined) throw new ScriptError(line, `a check has period, timeout, zones and confirm; found "${unknown.key ?? unknown.text}"`)
  return {
    type: type.text, period: readTime(value('period', '60s'), line), timeout: readTime(value('timeout', '30s'), line),
    zones: value('zones', 'mza').split(','), confirm: value('confirm', 'no') === 'yes',
  }
}

function readAt([time, ...rest]: readonly Word[], line: number, zones: readonly string[]): Step {
  if (time === undefined) throw new ScriptError(line, 'at needs a time')
  const sightings: { -readonly [K in keyof Sighting]: Sighting[K] }[] = []
  for (const word of rest) {
    const current = sightings.at(-1)
    if (word.key === undefined && zones.includes(word.text)) {
      sightings.push({ zone: word.text, available: true, stressed: false, confirming: false, status: 'ran', metrics: [] })
    } else if (current === undefined) throw new ScriptError(line, `"${word.text}" is none of the check's zones`)
    else if (word.key !== undefined) current.metrics = [...current.metrics, [word.key, word.text, word.quoted]]
    else if (word.quoted) current.status = word.text
    else if (word.text === 'down') current.available = false
    else if (word.text === 'stressed') current.stressed = true
    else if (word.text === 'confirming') current.confirming = true
    else throw new ScriptError(line, `expected a zone, metric=value, down, stressed or confirming; found "${word.text}"`)
  }
  return { kind: 'at', line, time: readTime(time.text, line), sightings }
}

function readExpect([state, ...rest]: readonly Word[], line: number): Step {
  if (!/^(OK|WARNING|CRITICAL|UNKNOWN|DISABLED)$/.test(state?.text ?? '')) throw new ScriptError(line, 'expect needs OK, WARNING, CRITICAL, UNKNOWN or DISABLED')
  const status = rest.find((word) => word.quoted)?.text
  const at = rest.findIndex((word) => !word.quoted && word.text === 'notify')
  const notify = at < 0 ? undefined : Number(rest[at + 1]?.text)
  if (notify !== undefined && !Number.isInteger(notify)) throw new ScriptError(line, 'notify needs a whole number')
  return { kind: 'expect', line, state: state?.text ?? '', status, notify }
}
