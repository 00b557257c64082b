import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bareEnvironment, vedetteCommand } from '../../scripts/lab/vedette.ts'

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** another Node.js than this one */
  readonly node?: string
  readonly nodeFlags?: readonly string[]
  /** another file than the project's own command */
  readonly command?: string
  /** the user to run as */
  readonly uid?: number
}

export interface Finished { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** A `vedette …` on its way; what it says can be waited for. */
export class Run implements AsyncDisposable {
  readonly child: ChildProcess
  readonly #ended: Promise<unknown>
  #heard = Promise.withResolvers<void>()
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], { env = {}, cwd, node = process.execPath, nodeFlags = [], command = vedetteCommand, uid }: RunOptions = {}) {
    this.child = spawn(node, [...nodeFlags, command, ...args], { env: { ...bareEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }), ...(uid === undefined ? {} : { uid, gid: uid }) })
    this.child.stdout?.on('data', (chunk: Buffer) => this.#hear('stdout', chunk))
    this.child.stderr?.on('data', (chunk: Buffer) => this.#hear('stderr', chunk))
    this.#ended = once(this.child, 'close')
  }

  #hear(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this[stream] += chunk.toString()
    this.#heard.resolve()
    this.#heard = Promise.withResolvers()
  }

  /** Waits until its output has `text`; throws when it ends without. */
  async says(text: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const found = text.exec(this.stdout + this.stderr)
      if (found !== null) return found
      const next = await Promise.race([this.#heard.promise, this.#ended])
      if (next !== undefined && text.exec(this.stdout + this.stderr) === null) throw new Error(`it ended without ${text}:\n${this.stdout}${this.stderr}`)
    }
  }

  async finished(): Promise<Finished> {
    await this.#ended
    return { code: this.child.exitCode, stdout: this.stdout, stderr: this.stderr }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL')
    await this.#ended
  }
}

export async function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  await using running = new Run(args, options)
  return await running.finished()
}

export interface Folder extends AsyncDisposable { readonly path: string }

/** A folder of its own for one test. */
export async function folder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'vedette-program-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
