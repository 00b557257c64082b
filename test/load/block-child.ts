import { setTimeout as sleep } from 'node:timers/promises'
import { loadedNode } from './fixture.ts'

/**
 * Sends 500 observations a second through a node for some seconds and prints the longest block of the event loop (ms): the
 * processor time that this thread spent between two turns of a timer, so that a busy machine is not taken for a block.
 * `block` blocks on purpose, once.
 */
const [seconds = '8', mode = ''] = process.argv.slice(2)
{
  await using node = await loadedNode(200)
  for (let n = 0; n < 2000; n += 50) await node.engine.ingest.take(Array.from({ length: 50 }, (_, index) => node.observation(n + index)), false)
  let longest = 0
  let cpu = process.threadCpuUsage()
  const timer = setInterval(() => {
    const spent = process.threadCpuUsage(cpu)
    cpu = process.threadCpuUsage()
    longest = Math.max(longest, (spent.user + spent.system) / 1000)
  }, 1)
  const end = Date.now() + Number(seconds) * 1000
  for (let number = 2000; Date.now() < end; number += 25) {
    await node.engine.ingest.take(Array.from({ length: 25 }, (_, index) => node.observation(number + index)), false)
    if (mode === 'block' && number === 2500) spin(80)
    await sleep(50)
  }
  clearInterval(timer)
  console.log(JSON.stringify({ longest }))
}

function spin(ms: number): void {
  const before = process.threadCpuUsage()
  while (process.threadCpuUsage(before).user < ms * 1000);
}
