import { anObservation } from '../../contracts/samples.suite.ts'
import { systemClock } from '../system/clock.ts'
import { openFileSpool } from './file-spool.ts'

/** For the test that kills it: spools without end into the folder named, and says how many are safe. */
const spool = await openFileSpool({ directory: process.argv[2]!, clock: systemClock })
for (let n = 0; ; n += 7) {
  await spool.append(Array.from({ length: 7 }, (_, i) => anObservation(n + i)))
  process.stdout.write(`${n + 7}\n`)
}
