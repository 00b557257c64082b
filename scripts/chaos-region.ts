import { parseArgs } from 'node:util'
import { installJars } from './lab/cassandra-jars.ts'
import { chaosRegions, tellVerdict } from './lab/chaos-regions.ts'
import { inNetworkOfOurOwn, isInOwnNetwork, onLoopback, ownNetworks } from './lab/networks.ts'
import { allFaults, clockFlags, clockJumps, cutCable, hangDatabase, hangEndpoint, shiftClock, truck, truckIntoDisks } from './lab/region-faults.ts'
import { startRegionStage } from './lab/region-stage.ts'

/**
 * Three regions under load, and what happens to them: `npm run chaos:region`, or parts of it: `-- --rounds 1 --only trucks|others|cut|disks|… --targets 60`.
 * A JSON line a round, then one with the verdict. Counted: acknowledged observations that are not stored; changes that were missed, or
 * never true; deliveries that nobody heard of, or heard too often; how long observations stood still; how many writes were taken.
 */
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' }, only: { type: 'string', default: 'all' }, targets: { type: 'string', default: '300' }, period: { type: 'string', default: '6' }, seed: { type: 'string', default: '1' },
    lasts: { type: 'string', default: '30' }, calm: { type: 'string', default: '40' }, hold: { type: 'string', default: '18' }, 'hold-most': { type: 'string', default: '180' }, logs: { type: 'string' },
  },
})

const single = { cut: [cutCable(2)], database: [hangDatabase(3)], endpoint: [hangEndpoint(1)], clock: [shiftClock(2, 'ahead'), shiftClock(2, 'behind')], disks: [truckIntoDisks(2)] } as const

function faults() {
  const rounds = Number(flags.rounds)
  if (flags.only === 'all') return allFaults(rounds)
  if (flags.only === 'trucks') return Array.from({ length: rounds }, (_, index) => truck(((index + 1) % 3) + 1))
  if (flags.only === 'others') return Object.values(single).flat()
  const found = Object.entries(single).find(([name]) => name === flags.only)
  if (found === undefined) throw new Error(`--only: all, trucks, others, ${Object.keys(single).join(', ')}`)
  return found[1]
}

async function main(): Promise<number> {
  const networks = isInOwnNetwork() ? await ownNetworks(3) : onLoopback()
  await using stage = await startRegionStage({ networks, targets: Number(flags.targets), period: Number(flags.period), nodeFlags: clockFlags, env: clockJumps, logs: flags.logs, say: console.error })
  const wanted = faults()
  const result = await chaosRegions(stage, {
    faults: wanted.filter(({ name }) => networks.canCut || !name.startsWith('cut')), seed: Number(flags.seed), lasts: Number(flags.lasts), calm: Number(flags.calm),
    hold: Math.max(3 * Number(flags.period), Number(flags.hold)), holdMost: Number(flags['hold-most']), say: console.log,
  })
  return tellVerdict(result, networks.canCut || wanted.every(({ name }) => !name.startsWith('cut')) ? [] : ['this machine gives no networks of our own: no cable was cut'])
}

await installJars()
const code = isInOwnNetwork() ? undefined : await inNetworkOfOurOwn()
process.exitCode = code ?? await main()
