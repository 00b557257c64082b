import { randomUUID } from 'node:crypto'
import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { Store } from '../../contracts/store.ts'
import { backup } from './backup.ts'
import { Committer } from './committer.ts'
import { configurationRepository } from './configuration.ts'
import { alarmLedger } from './ledger.ts'
import { memoryLeases } from './leases.ts'
import { metricStore } from './metrics.ts'
import { observationStore } from './observations.ts'
import { outbox } from './outbox.ts'
import { SeriesTable } from './series.ts'
import { keepHouse } from './keep-house.ts'
import { defaultSettings, type Settings } from './settings.ts'
import { Words } from './words.ts'
import { startWorker } from './worker-link.ts'

export type EmbeddedOptions = Pick<Settings, 'directory'> & Partial<Settings> & { readonly clock: Clock; readonly log: Log }

export interface EmbeddedStore extends Store {
  /** Does all background work that may be done by now, instead of in small steps beside everything else. */
  tidy(): Promise<void>
}

/**
 * Opens the store in `directory`, which is made if need be. Rejects with a plain message when another process has it
 * open, or when a newer program wrote it.
 */
export async function openEmbedded({ clock, log, ...options }: EmbeddedOptions): Promise<EmbeddedStore> {
  const settings: Settings = { ...defaultSettings, ...options }
  const link = startWorker(log)
  try {
    const opened = await link.call('open', { ...settings, now: clock.now(), epoch: randomUUID() })
    const words = new Words(opened.words)
    const committer = new Committer(link, words, clock, log, settings)
    const table = new SeriesTable(words, opened)
    const housekeeping = keepHouse(link, clock, log)
    let closing: Promise<void> | undefined
    const close = async () => {
      await housekeeping.end()
      await committer.idle()
      await link.call('close', null)
      await link.end()
    }
    return {
      configuration: configurationRepository(committer, clock, opened),
      observations: observationStore(link, committer, table, words),
      metrics: metricStore(link, table),
      ledger: alarmLedger(link, committer, opened),
      outbox: outbox(link, committer),
      leases: memoryLeases(),
      async tidy() {
        while ((await link.call('tidy', { now: clock.now(), all: true })).more);
      },
      problems: () => [],
      time: async () => clock.now(),
      backup: (to) => backup(settings.directory, to, clock.now()),
      async stats() {
        const { fileBytes, hotObservations, hotBytes } = await link.call('stats', null)
        return { ...committer.stats, waiting: committer.waiting, hot: { observations: hotObservations, bytes: hotBytes }, fileBytes }
      },
      async [Symbol.asyncDispose]() {
        await (closing ??= close())
      },
    }
  } catch (error) {
    await link.end()
    throw error
  }
}
