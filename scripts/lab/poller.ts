import { join } from 'node:path'
import { dyingWithUs, LabProcess } from './process.ts'
import { pollerToken } from './region.ts'
import { bareEnvironment } from './vedette.ts'

export interface PollerPlan {
  readonly zone: string
  /** host:port, the first one of all regions first */
  readonly endpoints: readonly string[]
  readonly directory: string
  readonly ca: string
  readonly program: string
}

/** A poller outside of the regions, as a process. */
export class Poller {
  readonly name: string
  readonly process: LabProcess
  #program: string

  constructor({ zone, endpoints, directory, ca, program }: PollerPlan) {
    this.name = zone
    this.#program = program
    this.process = new LabProcess({
      command: () => [...dyingWithUs, process.execPath, this.#program, 'poller', '--zone', zone, '--endpoint', endpoints.join(), '--ca', ca, '--data', join(directory, zone)],
      env: { ...bareEnvironment(), VEDETTE_TOKEN: pollerToken },
    })
  }

  get log(): string {
    return this.process.log
  }

  /** Starts it again as another program. */
  async upgrade(program: string): Promise<void> {
    this.#program = program
    await this.process.start()
  }
}
