#!/usr/bin/env node
// Runs Vedette on the Node.js that the package `node` brings, whatever version started this file. Plain JavaScript of
// an old kind on purpose: it has to run, and to explain itself, on a Node.js that cannot run the rest.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const wanted = 26
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const program = here('../src/program/index.ts')
// Stripped and compiled code is kept: a second start is faster, and the stripper's memory is never taken.
const cache = here('../node_modules/.cache/vedette')

if (Number(process.versions.node.split('.')[0]) >= wanted) {
  const { enableCompileCache } = await import('node:module')
  enableCompileCache(cache)
  await import('../src/program/index.ts')
} else {
  const own = here(process.platform === 'win32' ? '../node_modules/node/bin/node.exe' : '../node_modules/node/bin/node')
  if (!existsSync(own)) {
    console.error(`Vedette needs Node.js ${wanted} or newer; this is ${process.version}.\n` +
      `It comes with "npm ci" as the package "node", which is not there: either "npm ci" has not run, or install scripts are off\n` +
      `(npm's setting ignore-scripts), or there is no build for ${process.platform} ${process.arch}. Then install Node.js ${wanted} by hand.`)
    process.exit(1)
  }
  const child = spawn(own, [program, ...process.argv.slice(2)], { stdio: 'inherit', env: { ...process.env, NODE_COMPILE_CACHE: cache } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)))
}
