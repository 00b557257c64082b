import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { findJava, installJars } from './lab/cassandra-jars.ts'

/** Installs what the tests use beside npm packages, from Debian's packages, and Cassandra's jars with Maven, saying what it does. */
const run = promisify(execFile)
const needed: readonly Needed[] = [
  { command: 'chromium', package: 'chromium', why: 'the console is tried in a real browser' },
  { command: 'nginx', package: 'nginx-light', why: 'a real web server is watched, stopped and started' },
  { command: 'java 17', package: 'openjdk-17-jre-headless', why: 'a real Cassandra is killed', there: async () => await findJava() !== undefined },
  { command: 'mvn', package: 'maven', why: 'it fetches Cassandra' },
]

interface Needed { readonly command: string; readonly package: string; readonly why: string; readonly there?: () => Promise<boolean> }

async function isThere(command: string): Promise<boolean> {
  for (const directory of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']) {
    try {
      await access(join(directory, command), constants.X_OK)
      return true
    } catch {
      // not in this directory
    }
  }
  return false
}

async function install(names: readonly string[]): Promise<void> {
  console.log(`Installing ${names.join(', ')} from Debian's packages …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-q'], { env, maxBuffer: 2 ** 26 })
  await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...names], { env, maxBuffer: 2 ** 26 })
}

async function missing(): Promise<readonly Needed[]> {
  const found = await Promise.all(needed.map(async (one) => ({ one, there: await (one.there?.() ?? isThere(one.command)) })))
  return found.flatMap(({ one, there }) => (there ? [] : [one]))
}

async function fetchJars(): Promise<boolean> {
  try {
    await installJars()
    return true
  } catch (error) {
    console.error(`Missing: the jars of Cassandra: ${error instanceof Error ? error.message : String(error)}. Tests that need it are skipped.`)
    return false
  }
}

const before = await missing()
if (before.length > 0 && process.getuid?.() === 0 && (await isThere('apt-get'))) {
  try {
    await install(before.map((one) => one.package))
  } catch (error) {
    console.error(`The installation failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}
const after = await missing()
for (const one of after) console.error(`Missing: ${one.command} (Debian's package ${one.package}): ${one.why}. Tests that need it are skipped.`)
const jars = await fetchJars()
if ((after.length > 0 || !jars) && process.env.CI === 'true') {
  console.error('Under CI=true nothing may be skipped: this run fails.')
  process.exit(1)
}
