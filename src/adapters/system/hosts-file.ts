import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'

/** Names of /etc/hosts, lower-case, each with its addresses in the file's order. */
export type Hosts = ReadonlyMap<string, readonly string[]>

export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/)
    if (isIP(address) === 0) continue
    for (const name of names) {
      const known = hosts.get(name.toLowerCase())
      if (known === undefined) hosts.set(name.toLowerCase(), [address])
      else if (!known.includes(address)) known.push(address)
    }
  }
  return hosts
}

const lookAgainAfter = 5000

/** The hosts file, read again when it changed; looks for that at most every five seconds. A missing file is empty. */
export class HostsFile {
  readonly #path: string
  #hosts: Hosts = new Map()
  #version = ''
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(path: string) {
    this.#path = path
  }

  async read(monotonic: number): Promise<Hosts> {
    if (monotonic - this.#lookedAt < lookAgainAfter) return this.#hosts
    const version = await this.#look()
    if (version !== this.#version) {
      this.#hosts = version === 'missing' ? new Map() : parseHosts(await readFile(this.#path, 'utf8'))
      this.#version = version
    }
    this.#lookedAt = monotonic
    return this.#hosts
  }

  async #look(): Promise<string> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path)
      return `${mtimeMs}:${size}:${ino}`
    } catch {
      return 'missing'
    }
  }
}
