import type { Clock } from '../../contracts/clock.ts'
import type { Random } from '../../contracts/random.ts'
import type { ApiSettings } from './settings.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Gives each request its transaction id, in the reference's form: `.rh-….h-….r-….c-….ts-….v-…`. */
export function transactions(settings: Pick<ApiSettings, 'node' | 'build'>, clock: Clock, random: Random): () => string {
  const some = (count: number) => Array.from(random.bytes(count), (byte) => letters[byte % letters.length]).join('')
  const process = some(4)
  let counter = 0
  return () => {
    counter += 1
    return `.rh-${process}.h-${settings.node}.r-${some(8)}.c-${counter}.ts-${clock.now()}.v-${settings.build}`
  }
}
