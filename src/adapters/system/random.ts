import { randomBytes } from 'node:crypto'
import type { Random } from '../../contracts/random.ts'

export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  float: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
}
