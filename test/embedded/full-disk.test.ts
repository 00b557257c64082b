import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { promisify } from 'node:util'

const root = await mkdtemp(join(tmpdir(), 'vedette-full-'))
after(() => rm(root, { recursive: true, force: true }))
const filler = join(import.meta.dirname, 'filler.ts')
const run = promisify(execFile)

async function works(command: string, ...args: string[]): Promise<boolean> {
  try {
    await run(command, args)
    return true
  } catch {
    return false
  }
}

/** A disk of 12 MB, which only the process below sees and which goes with it; needs no root, only user namespaces. */
const smallDisk = ['unshare', '-Urm', 'sh', '-c', 'mount -t tmpfs -o size=12m tmpfs "$1" && exec "$2" "$3" "$1"', 'sh', root, process.execPath, filler]
/** No file may grow past 4 MB; writing past it fails, as on a full disk, until the limit is lifted from outside. */
const smallFiles = ['sh', '-c', 'trap "" XFSZ; ulimit -S -f 8192; exec "$2" "$3" "$1"', 'sh', root, process.execPath, filler]

async function fill([command = '', ...args]: readonly string[], makeRoom: (pid: number) => Promise<unknown>): Promise<void> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Record<string, unknown>> => JSON.parse((await lines.next()).value ?? '{"what": "nothing"}') as Record<string, unknown>
  try {
    const full = await next()
    assert.equal(full.what, 'full')
    assert.match(String(full.outcome), /^(not done|unknown)$/)
    assert.match(String(full.configured), /^(not done|unknown)$/)
    assert.ok(Number(full.acknowledged) > 50, `${String(full.acknowledged)} were acknowledged`)
    assert.equal(full.newest, Number(full.acknowledged) - 1, 'what is durable can still be read, and nothing else')
    await makeRoom(child.pid ?? 0)
    child.stdin.end('go on\n')
    const room = await next()
    assert.deepEqual({ what: room.what, applied: room.applied, lost: room.lost }, { what: 'room', applied: 'applied', lost: [] })
    assert.ok(Number(room.acknowledged) > Number(full.acknowledged))
  } finally {
    child.kill('SIGKILL')
  }
}

test('on a full disk writes are refused, reads go on, and it recovers when there is room', { skip: !(await works('unshare', '-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', root)) && 'this kernel gives no disk of its own to a process' }, async () => {
  await fill(smallDisk, async () => {})
})

test('the same when a file may not grow', { skip: !(await works('prlimit', '--version')) && 'prlimit is not installed' }, async () => {
  await fill(smallFiles, (pid) => run('prlimit', ['--pid', String(pid), '--fsize=unlimited:']))
})
