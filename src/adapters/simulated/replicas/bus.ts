import { Topics } from '../../system/topics.ts'
import type { ConfirmBus } from '../../../contracts/confirm-bus.ts'
import type { ConfirmRequest } from '../../../contracts/transport.ts'
import type { Place, Wires } from './wires.ts'

interface Member { readonly place: Place; readonly topics: Topics<ConfirmRequest> }

/** "Look now" between processes: a message to each of them, which may get lost. */
export class SimulatedBus {
  readonly #members = new Set<Member>()
  readonly #wires: Wires

  constructor(wires: Wires) {
    this.#wires = wires
  }

  /** The bus as one process has it. */
  join(place: Place): ConfirmBus {
    const me: Member = { place, topics: new Topics(place.clock, 10_000) }
    this.#members.add(me)
    return {
      publish: (zone, request) => {
        me.topics.publish(zone, request)
        for (const other of this.#members) if (other !== me) this.#wires.send(place, other.place, () => other.topics.publish(zone, request))
      },
      subscribe: (zone, signal) => me.topics.subscribe(zone, signal),
    }
  }
}
