#!/usr/bin/env node
// Runs Vedette on the Node.js that the package `node` brings, whatever version started this file. Plain JavaScript of
// an old kind on purpose: it has to run, and to explain itself, on a Node.js that cannot run the rest.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const wanted = 26
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const isNewEnough = Number(process.versions.node.split('.')[0]) >= wanted
const own = here(process.platform === 'win32' ? '../node_modules/node/bin/node.exe' : '../node_modules/node/bin/node')
if (!isNewEnough && !existsSync(own)) {
  console.error(`Vedette needs Node.js ${wanted} or newer; this is ${process.version}.\n` +
    `It comes with "npm ci" as the package "node", which is not there: either "npm ci" has not run, or install scripts are off\n` +
    `(npm's setting ignore-scripts), or there is no build for ${process.platform} ${process.arch}. Then install Node.js ${wanted} by hand.`)
  process.exit(1)
}

// What a process must be told before it begins. Stripped and compiled code is kept: a second start is faster, and the
// stripper's memory is never taken. The rest trades memory against processor time: see docs/benchmarks.md.
const env = { NODE_COMPILE_CACHE: here('../node_modules/.cache/vedette'), MALLOC_ARENA_MAX: '2', ...process.env }
const flags = ['--max-semi-space-size=4', '--disable-warning=ExperimentalWarning']
const node = isNewEnough ? process.execPath : own
const args = [...(isNewEnough ? process.execArgv : []), ...flags, here('../src/program/index.ts'), ...process.argv.slice(2)]

// Where it can, this process becomes the other one: no second process, one pid. Not with a channel to a parent, which
// would be lost, nor under a profiler, whose pending signal would end the newcomer.
const isProfiled = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) => /--(cpu-)?prof\b/.test(option))
if (process.execve && process.platform !== 'win32' && !process.send && !isProfiled) {
  process.execve(node, [node, ...args], env)
} else {
  const child = spawn(node, args, { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)))
}
