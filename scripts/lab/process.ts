import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** How a process ended, and how long that took (ms) after it was asked to. */
export interface Ended { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly took: number }

export interface ProcessPlan {
  /** asked at each start: it may be another one after an upgrade */
  readonly command: () => readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly directory?: string
}

/** Put before a command: the kernel ends it when the process that started it is gone, however that happened. */
export const dyingWithUs: readonly string[] = ['setpriv', '--pdeathsig', 'KILL']
const keptLog = 1_000_000

/** A process that can be started, stopped, killed and started again; what it writes is kept. */
export class LabProcess {
  readonly plan: ProcessPlan
  child!: ChildProcess
  log = ''

  constructor(plan: ProcessPlan) {
    this.plan = plan
  }

  async start(): Promise<void> {
    const [program = '', ...args] = this.plan.command()
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.plan.directory, env: this.plan.env ?? process.env })
    const keep = (chunk: Buffer) => { this.log = (this.log + chunk.toString()).slice(-keptLog) }
    this.child.stdout?.on('data', keep)
    this.child.stderr?.on('data', keep)
    await once(this.child, 'spawn')
  }

  get runs(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** Sends the signal, and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Ended> {
    const asked = performance.now()
    if (this.child === undefined) return { code: null, signal: null, took: 0 }
    if (this.runs) {
      const ended = once(this.child, 'close')
      this.child.kill(signal)
      await ended
    }
    return { code: this.child.exitCode, signal: this.child.signalCode, took: performance.now() - asked }
  }
}
