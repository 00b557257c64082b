import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Every benchmark, one after the other: JSON lines on standard output, what they say beside it on standard error. */
const benches: readonly (readonly [file: string, ...args: string[]])[] = [
  ['criteria.ts'], ['probe.ts'], ['poller.ts'], ['store.ts'], ['system.ts', '--checks', '1000', '--period', '30', '--seconds', '70'], ['system.ts', '--checks', '5000', '--period', '10', '--seconds', '60'],
]

const [cpu] = cpus()
console.log(JSON.stringify({ bench: 'machine', cpu: cpu?.model, cores: cpus().length, node: process.version, at: new Date().toISOString() }))
for (const [file, ...args] of benches) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], { stdio: ['ignore', 'inherit', 'inherit'] })
  await once(child, 'exit')
  if (child.exitCode !== 0) {
    console.error(`${file} ended with ${child.exitCode ?? child.signalCode}`)
    process.exitCode = 1
  }
}
