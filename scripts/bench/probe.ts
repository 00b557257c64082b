import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { checkTypes } from '../../src/adapters/checks/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemProber } from '../../src/adapters/system/prober.ts'
import { systemResolver } from '../../src/adapters/system/resolver.ts'
import type { ProbedCheck } from '../../src/contracts/prober.ts'

/**
 * What a remote.http check costs, in CPU of this process, beside a bare loop of connect, write and read in the same run:
 * at saturation and at a pace. The server is another process. Prints JSON lines; the last ones hold the ratios.
 *
 *     node scripts/bench/probe.ts [--seconds 4] [--rounds 3] [--pace 500]
 */
const answer = `HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: 600\r\nConnection: close\r\n\r\n${'x'.repeat(600)}`
const atOnce = 32

type Look = () => Promise<void>
interface Measured { readonly checks: number; readonly userMicros: number; readonly systemMicros: number; readonly perSecond: number }

function serve(): void {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answer))
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
    process.send?.((server.address() as AddressInfo).port) // a TCP server's address is an object
  })
  process.on('disconnect', () => process.exit())
}

function bare(port: number): Look {
  const request = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`
  return () => new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => socket.write(request))
    let bytes = 0
    socket.on('data', (data) => {
      bytes += data.length
    })
    socket.on('error', reject)
    socket.on('close', () => (bytes > 0 ? resolve() : reject(new Error('no answer'))))
  })
}

function probed(port: number): Look {
  const prober = systemProber({ clock: systemClock, resolver: systemResolver({ forbidden: ['169.254.0.0/16', 'fe80::/10'] }), checkTypes })
  const check: ProbedCheck = {
    id: 'chBench', type: 'remote.http', details: { url: `http://127.0.0.1:${port}/`, method: 'GET', follow_redirects: true, include_body: false },
    timeout: 10, period: 30, target_alias: null, target_hostname: '127.0.0.1', target_resolver: null,
  }
  const { signal } = new AbortController()
  return async () => {
    const { available, status } = await prober.run({ ip_addresses: null }, check, { signal })
    if (!available) throw new Error(status)
  }
}

async function measure(run: () => Promise<number>): Promise<Measured> {
  const started = performance.now()
  const before = process.cpuUsage()
  const checks = await run()
  const { user, system } = process.cpuUsage(before)
  return { checks, userMicros: user / checks, systemMicros: system / checks, perSecond: checks / ((performance.now() - started) / 1000) }
}

async function saturated(look: Look, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000
  let checks = 0
  const worker = async () => {
    for (; performance.now() < until; checks++) await look()
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return checks
}

/** One look every 1/pace seconds, whatever the others do. */
async function paced(look: Look, seconds: number, pace: number): Promise<number> {
  const looks: Promise<void>[] = []
  const started = performance.now()
  for (let due = 0; due < seconds * 1000; due += 1000 / pace) {
    const wait = due - (performance.now() - started)
    if (wait > 0) await sleep(wait)
    looks.push(look())
  }
  await Promise.all(looks)
  return looks.length
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
const tenth = (micros: number) => Math.round(micros * 10) / 10
const print = (facts: object) => process.stdout.write(`${JSON.stringify(facts)}\n`)

async function compare(mode: string, kinds: Readonly<Record<string, Look>>, rounds: number, run: (look: Look) => Promise<number>): Promise<void> {
  const costs = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const [kind, look] of Object.entries(kinds)) {
      const { checks, userMicros, systemMicros, perSecond } = await measure(() => run(look))
      costs.set(kind, [...(costs.get(kind) ?? []), userMicros + systemMicros])
      print({ bench: 'probe', mode, kind, round, checks, perSecond: Math.round(perSecond), userMicros: tenth(userMicros), systemMicros: tenth(systemMicros) })
    }
  }
  const of = (kind: string) => median(costs.get(kind) ?? [])
  print({ bench: 'probe', mode, bareMicros: tenth(of('bare')), probeMicros: tenth(of('remote.http')), ratio: Math.round((of('remote.http') / of('bare')) * 100) / 100 })
}

function option(name: string, standard: number): number {
  const at = process.argv.indexOf(`--${name}`)
  return at === -1 ? standard : Number(process.argv[at + 1])
}

async function main(): Promise<void> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['serve'])
  const [port] = (await once(child, 'message')) as [number] // what `serve` sends
  const kinds = { 'bare': bare(port), 'remote.http': probed(port) }
  const [seconds, rounds, pace] = [option('seconds', 4), option('rounds', 3), option('pace', 500)]
  for (const look of Object.values(kinds)) await saturated(look, 1)
  await compare('saturated', kinds, rounds, (look) => saturated(look, seconds))
  await compare(`paced ${pace}/s`, kinds, rounds, (look) => paced(look, seconds, pace))
  child.disconnect()
}

if (process.argv.includes('serve')) serve()
else await main()
