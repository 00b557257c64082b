import { loadedNode } from './fixture.ts'

/** Sends observations through a node and prints what the heap retains (bytes) at three moments. `leak` keeps each of them on purpose. */
const [total = '100000', mode = ''] = process.argv.slice(2)
const batch = 250
const kept: unknown[] = []
const samples: number[] = []
{
  await using node = await loadedNode(50)
  for (let sent = 0; sent < Number(total); sent += batch) {
    const observations = Array.from({ length: batch }, (_, index) => node.observation(sent + index))
    if (mode === 'leak') kept.push(observations)
    await node.engine.ingest.take(observations, false)
    if ([0.4, 0.7, 1].some((share) => sent + batch === Number(total) * share)) samples.push(retained())
  }
}
console.log(JSON.stringify({ samples, kept: kept.length }))

function retained(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
