import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { ownNet } from './cassandra.ts'
import { dyingWithUs } from './process.ts'

/** Where three regions live on one machine. Regions are counted from 1. */
export interface Networks {
  /** the first three numbers of their addresses: region n is at `net.n` */
  readonly net: string
  /** the address at which the regions reach what is outside of them */
  readonly outside: string
  /** what goes before a command to run it in a region */
  readonly within: (region: number) => readonly string[]
  /** takes a region's cable away: nothing comes or goes, and nobody is told. Only in networks of their own. */
  cut(region: number): Promise<void>
  heal(region: number): Promise<void>
  readonly canCut: boolean
}

const run = promisify(execFile)
/** tells a program that it has been started again in a network of its own */
const inside = 'VEDETTE_LAB_NETWORK'
const bridge = 'regions'

/** All regions on loopback addresses: needs nothing, and no cable can be cut. */
export function onLoopback(): Networks {
  const refuse = () => Promise.reject(new Error('on loopback addresses no cable can be cut'))
  return { net: ownNet(), outside: '127.0.0.1', within: () => [], cut: refuse, heal: refuse, canCut: false }
}

/** A network for each region, all joined by a bridge in ours; call it within `inNetworkOfOurOwn`. They go with the last process in them. */
export async function ownNetworks(count: number): Promise<Networks> {
  const net = '10.77.0'
  await ip('link', 'add', bridge, 'type', 'bridge')
  await ip('address', 'add', `${net}.254/24`, 'dev', bridge)
  await ip('link', 'set', bridge, 'up')
  for (let region = 1; region <= count; region++) await lay(region, net)
  return {
    net, outside: `${net}.254`, canCut: true,
    within: (region) => ['ip', 'netns', 'exec', `dc${region}`],
    cut: (region) => ip('link', 'set', `cable${region}`, 'nomaster'),
    heal: (region) => ip('link', 'set', `cable${region}`, 'master', bridge),
  }
}

async function lay(region: number, net: string): Promise<void> {
  const [there, cable] = [`dc${region}`, `cable${region}`]
  await ip('netns', 'add', there)
  await ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', there)
  await ip('link', 'set', cable, 'master', bridge, 'up')
  await ip('-n', there, 'address', 'add', `${net}.${region}/24`, 'dev', 'eth0')
  for (const device of ['eth0', 'lo']) await ip('-n', there, 'link', 'set', device, 'up')
}

async function ip(...args: readonly string[]): Promise<void> {
  await run('ip', args)
}

export const isInOwnNetwork = (): boolean => process.env[inside] === 'yes'

/**
 * Starts this program again, with the same arguments, in namespaces of its own, where it may lay networks that nobody else sees and
 * that vanish with it. Answers its exit code, or undefined where the machine gives no namespaces.
 */
export async function inNetworkOfOurOwn(): Promise<number | undefined> {
  const enter = ['unshare', '--user', '--map-root-user', '--net', '--mount', 'sh', '-c']
  const prepare = 'mount -t tmpfs tmpfs /run && mkdir -p /run/netns && ip link set lo up && ip link add probe type veth peer name eborp && ip link del probe'
  try {
    await run(enter[0] ?? '', [...enter.slice(1), prepare])
  } catch {
    return undefined
  }
  const [program = '', ...args] = [...enter, `${prepare} && exec "$@"`, 'sh', ...dyingWithUs, process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, [inside]: 'yes' } })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { child.kill(signal) })
  const [code] = await once(child, 'exit') as [number | null]
  return code ?? 1
}
