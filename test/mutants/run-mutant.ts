import { registerHooks } from 'node:module'
import { mutants, type Mutant, type MutantName } from './mutants.ts'

/**
 * Simulates the cluster with one line of the source replaced, until the law that forbids it is seen broken: the seed that
 * is known for it first, then all others up to 500. Prints the seed and the problems as JSON. `node test/mutants/run-mutant.ts
 * 'freshness is ignored'`. A line that is not there any more fails: then the mutant has to be brought in line with the code.
 */
const [name = ''] = process.argv.slice(2)
const seeds = 500
if (!Object.hasOwn(mutants, name)) throw new RangeError(`There is no mutant '${name}'`)
const mutant: Mutant = mutants[name as MutantName] // it has this name
const file = new URL(`../../${mutant.file}`, import.meta.url).href
let replaced = false

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (url !== file) return loaded
    // Sources are texts or bytes.
    const source = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString()
    if (source.split(mutant.snippet).length !== 2) throw new Error(`${mutant.file} does not have this once: ${mutant.snippet}`)
    replaced = true
    return { ...loaded, source: source.replace(mutant.snippet, () => mutant.wrong) }
  },
})

const { clusterRun } = await import('../system/cluster/cluster-run.ts')
if (!replaced) throw new Error(`${mutant.file} is not part of the simulation`)
const { seed: known, law } = mutant
for (let n = 0; n < seeds; n++) {
  const seed = ((known - 1 + n) % seeds) + 1
  const { problems } = await clusterRun(seed)
  if (!problems.some((problem) => problem.startsWith(`${law}:`))) continue
  console.log(JSON.stringify({ seed, problems }))
  process.exit(0)
}
throw new Error(`${seeds} seeds do not notice: ${name}`)
