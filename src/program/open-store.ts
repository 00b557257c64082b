import { access, constants, mkdir, readFile } from 'node:fs/promises'
import { openEmbedded } from '../adapters/store-embedded/index.ts'
import type { Clock } from '../contracts/clock.ts'
import { StoreUnavailable } from '../contracts/errors.ts'
import type { Log } from '../contracts/log.ts'
import type { Random } from '../contracts/random.ts'
import type { Store } from '../contracts/store.ts'
import type { Config } from './config.ts'
import { reasonOf } from './plain.ts'

/** The data directory, or a file that a setting names, cannot be used; the message names it. */
export class DataProblem extends Error {
  override readonly name = 'DataProblem'
}

type Address = Exclude<Config['store'], string>
interface Ports { readonly clock: Clock; readonly random: Random; readonly log: Log }

/** A store that other processes use too lies on other machines: their clocks count, and it may be away. */
export const isShared = ({ store }: Pick<Config, 'store'>): boolean => typeof store !== 'string'

/** Opens the store that the settings name. */
export async function openStore(config: Config, ports: Ports, signal?: AbortSignal): Promise<Store> {
  const { store } = config
  if (typeof store === 'string') return openData(config.data, ports)
  return untilAvailable(() => openShared(config, store, ports), ports, signal)
}

/** Does `work` again and again until the store answers: a process that starts while it is away waits for it. */
export async function untilAvailable<T>(work: () => Promise<T>, { clock, log }: Pick<Ports, 'clock' | 'log'>, signal?: AbortSignal): Promise<T> {
  for (let told = false; ; told = true) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      if (!told) log.warn({ error: error.message }, 'the store does not answer yet: waiting for it')
    }
    await clock.sleep(askAgain, signal)
  }
}

/** ms between two attempts at a store that does not answer at a start */
const askAgain = 2000

// Its driver is loaded only by who needs it: an embedded start stays fast and small.
async function openShared({ region, storeReplication, storeUser, storePassword, storeCa }: Config, { contactPoints, port, keyspace }: Address, ports: Ports): Promise<Store> {
  const { openCassandra } = await import('../adapters/store-cassandra/index.ts')
  return openCassandra({
    contactPoints, port, keyspace, region, replication: storeReplication ?? new Map([[region, 1]]), ...ports,
    ...(storeUser === undefined ? {} : { user: storeUser }), ...(storePassword === undefined ? {} : { password: storePassword }),
    ...(storeCa === undefined ? {} : { ca: await readNamed(storeCa, '--store-ca (VEDETTE_STORE_CA)') }),
  })
}

/** The text of a file that a setting names. */
export async function readNamed(path: string, setting: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new DataProblem(`${setting}: cannot read ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

/** Opens the embedded store in its directory, which is made, for this user alone, if need be. */
async function openData(directory: string, { clock, log }: Ports): Promise<Store> {
  try {
    await ownDirectory(directory)
    return await openEmbedded({ directory, clock, log })
  } catch (error) {
    throw dataProblem(directory, error)
  }
}

/** Makes the data directory, for this user alone, if need be. */
export async function ownDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await access(directory, constants.W_OK)
  } catch (error) {
    throw dataProblem(directory, error)
  }
}

function dataProblem(directory: string, error: unknown): DataProblem {
  if (error instanceof DataProblem) return error
  const reason = reasonOf(error)
  return new DataProblem(reason.startsWith(directory) ? reason : `cannot keep data in ${directory}: ${reason}; choose another directory with --data (VEDETTE_DATA)`, { cause: error })
}
