import { open, readFile, readdir, rm, stat, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** One append-only file of a spool. */
export interface Segment {
  readonly number: number
  readonly path: string
  /** its length, and its lines that were not acknowledged when it was found or begun */
  bytes: number
  lines: number
  /** lines that need not be kept any more: acknowledged, or damaged */
  done: number
}

/** Where reading goes on: everything before is acknowledged. */
export interface Position { readonly number: number; readonly offset: number }

const suffix = '.spool'
const chunk = 256 * 1024

export function newSegment(directory: string, number: number): Segment {
  return { number, path: join(directory, `${String(number).padStart(10, '0')}${suffix}`), bytes: 0, lines: 0, done: 0 }
}

/** The segments in a directory, oldest first, with the lines counted that stand at or after `from`. */
export async function findSegments(directory: string, from: Position): Promise<Segment[]> {
  const names = (await readdir(directory)).filter((name) => /^\d{10}\.spool$/.test(name)).toSorted()
  const segments = names.map((name) => newSegment(directory, Number(name.slice(0, 10))))
  for (const segment of segments) await measure(segment, segment.number === from.number ? from.offset : 0)
  return segments
}

async function measure(segment: Segment, from: number): Promise<void> {
  segment.bytes = (await stat(segment.path)).size
  await using file = await open(segment.path)
  for (let offset = from; offset < segment.bytes; offset += chunk) {
    for (const byte of await read(file, offset, chunk)) if (byte === 10) segment.lines += 1
  }
}

async function read(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset)
  return buffer.subarray(0, bytesRead)
}

export interface Line { readonly text: string; readonly start: number; readonly end: number }

/** Some whole lines of a segment from `offset` on; none when there is no whole line left. */
export async function readLines(segment: Segment, offset: number): Promise<readonly Line[]> {
  await using file = await open(segment.path)
  for (let length = chunk; ; length *= 2) {
    const bytes = await read(file, offset, Math.min(length, segment.bytes - offset))
    const lines: Line[] = []
    for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start)) {
      lines.push({ text: bytes.toString('utf8', start, end), start: offset + start, end: offset + end + 1 })
    }
    if (lines.length > 0 || bytes.length < length) return lines
  }
}

export async function removeSegment(segment: Segment): Promise<void> {
  await rm(segment.path, { force: true })
}

const cursorFile = 'cursor'

/** Where reading stopped; a file that was cut short counts as none, and some observations are posted twice. */
export async function readCursor(directory: string): Promise<Position> {
  try {
    const parts = /^(\d+) (\d+) end\n$/.exec(await readFile(join(directory, cursorFile), 'utf8'))
    if (parts !== null) return { number: Number(parts[1]), offset: Number(parts[2]) }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return { number: 0, offset: 0 }
}

export async function writeCursor(directory: string, { number, offset }: Position): Promise<void> {
  await writeFile(join(directory, cursorFile), `${number} ${offset} end\n`)
}
