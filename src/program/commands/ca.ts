import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import type { CertificateAndKey } from '../../adapters/agent-protocol/index.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { codeOf, reasonOf } from '../plain.ts'

interface InitFlags { readonly dir: string; readonly name: string; readonly days: number }
interface IssueFlags { readonly dir: string; readonly name: readonly string[]; readonly out: string; readonly days: number; readonly replace?: boolean }

const authorityDays = 3650
const certificateDays = 397
// The certificate maker is loaded only by who needs it: all other commands stay fast and small.
const maker = () => import('../../adapters/agent-protocol/authority.ts')
/** Who may read a key, and who a certificate. */
const modes = { key: 0o600, cert: 0o644 }

/** `vedette ca init` and `vedette ca issue`: the certificates of endpoints, from an authority of one's own. */
export function registerCa(program: Command): void {
  const ca = program.command('ca').description('make the certificates that endpoints show to pollers and agents')
  ca.command('init').description('make an authority: pollers are given its ca.pem, and its ca.key never leaves the directory')
    .requiredOption('--dir <directory>', 'where to put ca.pem and ca.key')
    .option('--name <text>', 'what it is called', 'Vedette')
    .option('--days <number>', 'how long it is good', readDays, authorityDays)
    .action(async (flags: InitFlags) => init(flags))
  ca.command('issue').description('issue the certificate of an endpoint; an endpoint that runs takes a replaced one within seconds, or at SIGHUP')
    .requiredOption('--dir <directory>', 'where ca.pem and ca.key are')
    .requiredOption('--name <list>', 'host names and addresses under which pollers reach it, separated by commas', readNames)
    .requiredOption('--out <path>', 'writes path.pem and path.key')
    .option('--days <number>', 'how long it is good, at most as long as its authority', readDays, certificateDays)
    .option('--replace', 'puts it in the place of an older one')
    .action(async (flags: IssueFlags) => issue(flags))
}

async function init({ dir, name, days }: InitFlags): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const files = { cert: join(dir, 'ca.pem'), key: join(dir, 'ca.key') }
  await refuseToOverwrite(files)
  const { createAuthority } = await maker()
  await put(await createAuthority(name, { now: systemClock.now(), days }), files)
  console.log(`${files.cert}  the authority's certificate, good for ${days} days: give it to every poller (--ca)\n${files.key}  its key: whoever has it can pose as any endpoint`)
}

async function issue({ dir, name, out, days, replace = false }: IssueFlags): Promise<void> {
  const files = { cert: `${out}.pem`, key: `${out}.key` }
  if (!replace) await refuseToOverwrite(files)
  const { issueCertificate } = await maker()
  const made = await issueCertificate(await authorityIn(dir), name, { now: systemClock.now(), days })
  await (replace ? putInPlace(made, files) : put(made, files))
  console.log(`${files.cert}  the certificate of ${name.join(', ')} (--agent-cert)\n${files.key}  its key (--agent-key)`)
}

async function authorityIn(dir: string): Promise<CertificateAndKey> {
  try {
    return { cert: await readFile(join(dir, 'ca.pem'), 'utf8'), key: await readFile(join(dir, 'ca.key'), 'utf8') }
  } catch (error) {
    throw new Error(`there is no authority in ${dir}: ${reasonOf(error)}; make one with: vedette ca init --dir ${dir}`, { cause: error })
  }
}

async function refuseToOverwrite(files: CertificateAndKey): Promise<void> {
  for (const file of [files.cert, files.key]) {
    if (await exists(file)) throw new Error(`${file} is there already; it is not overwritten`)
  }
}

async function put(made: CertificateAndKey, files: CertificateAndKey): Promise<void> {
  await writeFile(files.key, made.key, { mode: modes.key, flag: 'wx' })
  await writeFile(files.cert, made.cert, { mode: modes.cert, flag: 'wx' })
}

/** Whole files take the places of the old ones. A reader between the two finds that they do not fit, and reads again. */
async function putInPlace(made: CertificateAndKey, files: CertificateAndKey): Promise<void> {
  const fresh = { cert: `${files.cert}.${process.pid}`, key: `${files.key}.${process.pid}` }
  await put(made, fresh)
  await rename(fresh.key, files.key)
  await rename(fresh.cert, files.cert)
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function readNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  const wrong = names.find((name) => !/^(\*\.)?[A-Za-z0-9_:][A-Za-z0-9._:-]{0,252}$/.test(name))
  if (wrong !== undefined) throw new InvalidArgumentError(`must be host names and addresses separated by commas; found "${wrong}"`)
  return names
}

function readDays(text: string): number {
  const days = Number(text)
  if (!Number.isInteger(days) || days < 1 || days > 36_500) throw new InvalidArgumentError('must be a whole number from 1 to 36500')
  return days
}
