import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { chaosRegions, tellVerdict } from './lab/chaos-regions.ts'
import type { Fault } from './lab/region-faults.ts'
import { startRegionStage, type RegionStage } from './lab/region-stage.ts'
import { vedetteCommand } from './lab/vedette.ts'

/**
 * A cluster of an older commit is upgraded process by process while observations flow, old and new side by side, and judged as
 * `chaos:region` judges: `npm run chaos:upgrade -- --from HEAD~1`.
 */
const { values: flags } = parseArgs({ options: { from: { type: 'string', default: 'HEAD~1' }, targets: { type: 'string', default: '100' }, period: { type: 'string', default: '6' }, seed: { type: 'string', default: '1' }, calm: { type: 'string', default: '30' } } })
const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

/** The program as it was at a commit, in a folder of its own, with the packages of today. */
async function programOf(revision: string, folder: string): Promise<string> {
  const archive = join(folder, 'archive.tar')
  await run('git', ['-C', root, 'archive', '--output', archive, revision])
  await run('tar', ['-xf', archive, '-C', folder])
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'bin', 'vedette.mjs')
}

/** One process of a region is stopped in an orderly way, and comes back as the program of today. */
function upgradeProcess(region: number, index: number): Fault {
  return {
    name: `upgrade process ${index + 1} of dc${region}`, region, away: index === 0,
    hurt: (stage) => stage.region(region).stopOne(index),
    async mend(stage) {
      const here = stage.region(region)
      here.program = vedetteCommand
      await here.startOne(index)
    },
  }
}

function upgradePoller(stage: RegionStage, index: number): Fault {
  return {
    name: `upgrade the poller of ${stage.zones[index]}`, region: 1, away: false,
    async hurt() { await stage.pollers[index]?.process.end('SIGTERM') },
    async mend() { await stage.pollers[index]?.upgrade(vedetteCommand) },
  }
}

const folder = await mkdtemp(join(tmpdir(), 'vedette-older-'))
try {
  const program = await programOf(flags.from, folder)
  await using stage = await startRegionStage({ program, targets: Number(flags.targets), period: Number(flags.period), say: console.error })
  const faults = [...stage.regions.flatMap(({ number, processes }) => processes.map((_, index) => upgradeProcess(number, index))), ...stage.pollers.map((_, index) => upgradePoller(stage, index))]
  process.exitCode = tellVerdict(await chaosRegions(stage, { faults, seed: Number(flags.seed), lasts: 1, calm: Number(flags.calm), hold: 18, holdMost: 120, say: console.log }))
} finally {
  await rm(folder, { recursive: true, force: true })
}
