import { fileURLToPath } from 'node:url'
import type { RegionStage } from './region-stage.ts'

/** Something that happens to a region, and how it is mended. */
export interface Fault {
  readonly name: string
  readonly region: number
  /** whether people would go to another region's API while it lasts */
  readonly away: boolean
  readonly hurt: (stage: RegionStage) => Promise<void>
  readonly mend: (stage: RegionStage) => Promise<void>
}

const hour = 3_600_000
/** Preloaded into the Vedette processes of the regions: a SIGHUP sets the clock of one of them to the next of these. */
export const clockFlags: readonly string[] = ['--import', fileURLToPath(new URL('../../test/faults/shifted-clock.ts', import.meta.url))]
export const clockJumps = { CLOCK_JUMPS: `${hour},${-hour},${-hour},${hour}` } as const

export const truck = (region: number): Fault => ({
  name: `kill dc${region}`, region, away: true, hurt: (stage) => stage.region(region).kill(), mend: (stage) => stage.region(region).revive(),
})

export const truckIntoDisks = (region: number): Fault => ({
  name: `kill dc${region} and its disks`, region, away: true, hurt: (stage) => stage.region(region).kill({ disks: true }), mend: (stage) => stage.region(region).revive(),
})

export const cutCable = (region: number): Fault => ({
  name: `cut off dc${region}`, region, away: true, hurt: (stage) => stage.networks.cut(region), mend: (stage) => stage.networks.heal(region),
})

export const hangDatabase = (region: number): Fault => ({
  name: `hang the database of dc${region}`, region, away: false,
  async hurt({ cluster }) { cluster.pause(region) },
  async mend({ cluster }) { cluster.resume(region) },
})

export const hangEndpoint = (region: number): Fault => ({
  name: `hang the endpoint of dc${region}`, region, away: true,
  async hurt(stage) { stage.region(region).endpoint.signal('SIGSTOP') },
  async mend(stage) { stage.region(region).endpoint.signal('SIGCONT') },
})

/**
 * The clock goes wrong by an hour, and is set right again. The first in a stage is ahead, the second behind. A node that knows this of
 * itself is not ready and takes no writes, so that whoever sends people to nodes that are ready goes around it.
 */
export const shiftClock = (region: number, where: 'ahead' | 'behind'): Fault => ({
  name: `clock of the endpoint of dc${region} an hour ${where}`, region, away: true,
  async hurt(stage) { stage.region(region).endpoint.signal('SIGHUP') },
  async mend(stage) { stage.region(region).endpoint.signal('SIGHUP') },
})

/** The long form: each region in turn, ten times, once with its disks; then a cut cable, what hangs, and clocks that are wrong. */
export function allFaults(rounds: number): readonly Fault[] {
  const trucks = Array.from({ length: rounds }, (_, index) => (index === 4 ? truckIntoDisks : truck)((index % 3) + 1))
  return [...trucks, cutCable(2), hangDatabase(3), hangEndpoint(1), shiftClock(2, 'ahead'), shiftClock(2, 'behind')]
}
