import { registerHooks } from 'node:module'
import { mutants, type Mutant, type MutantName } from './mutants.ts'

/**
 * Simulates the cluster with one line of the source replaced, seed after seed until a law is broken, and prints the seed
 * and the problems as JSON: `node test/mutants/run-mutant.ts 'freshness is ignored' 1 500`. A line that is not there any
 * more fails: then the mutant has to be brought in line with the code.
 */
const [name = '', from = '1', to = from] = process.argv.slice(2)
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
let seed = Number(from)
let { problems } = await clusterRun(seed)
while (problems.length === 0 && seed < Number(to)) {
  seed += 1
  problems = (await clusterRun(seed)).problems
}
console.log(JSON.stringify({ seed, problems }))
