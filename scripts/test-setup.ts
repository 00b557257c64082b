import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** Installs what the tests use beside npm packages, from Debian's packages, saying what it does. */
const run = promisify(execFile)
const needed = [
  { command: 'chromium', package: 'chromium', why: 'the console is tried in a real browser' },
  { command: 'nginx', package: 'nginx-light', why: 'a real web server is watched, stopped and started' },
]

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

async function missing(): Promise<typeof needed> {
  const found = await Promise.all(needed.map(async (one) => ({ one, there: await isThere(one.command) })))
  return found.flatMap(({ one, there }) => (there ? [] : [one]))
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
if (after.length > 0 && process.env.CI === 'true') {
  console.error('Under CI=true nothing may be skipped: this run fails.')
  process.exit(1)
}
