import { Type } from 'typebox'
import { defineCheckType } from '../../contracts/check-type.ts'
import type { ProbeResult } from '../../contracts/prober.ts'
import { defaulting } from './kit/details.ts'
import { unavailable } from './kit/failure.ts'
import { fine, metricsOf } from './kit/metrics.ts'
import { ping, type Outcome } from './ping/ping.ts'
import { withPinger } from './ping/pinger.ts'

// Seconds, as the collectors of the reference have it, whatever its text says.
const metrics = {
  available: { type: 'n', unit: 'percent', about: 'requests that were answered' },
  average: { type: 'n', unit: 'seconds', about: 'mean time to an answer' },
  maximum: { type: 'n', unit: 'seconds', about: 'longest time to an answer' },
  minimum: { type: 'n', unit: 'seconds', about: 'shortest time to an answer' },
  count: { type: 'i', unit: 'count', about: 'requests that were sent' },
} as const

const standardCount = 6

export const remotePing = defineCheckType({
  type: 'remote.ping',
  category: 'remote',
  about: 'Sends ICMP echo requests and times the answers',
  details: Type.Object({ count: defaulting(Type.Integer({ minimum: 1, maximum: 15 }), standardCount, 'how many requests to send') }),
  metrics,
  consecutiveCount: 3,
  async run(context) {
    const started = context.clock.monotonic()
    const count = context.details.count ?? standardCount
    const outcome = await withPinger(context, context.family, (pinger) => ping(pinger, context, count))
    const phases = { total: fine(context.resolveTook + context.clock.monotonic() - started) }
    if ('status' in outcome) return unavailable(outcome, { phases })
    return { ...summary(outcome), phases }
  },
})

function summary({ sent, times, failure }: Outcome): Omit<ProbeResult, 'target'> {
  const percent = (times.length / sent) * 100
  const lost = metricsOf(metrics, { available: percent, count: sent })
  if (times.length === 0) return unavailable(failure ?? { kind: 'failed', status: `cnt=${sent},avail=0` }, failure?.cannot === true ? {} : { metrics: lost })
  const seconds = times.map((ms) => ms / 1000)
  const [minimum, maximum, average] = [Math.min(...seconds), Math.max(...seconds), seconds.reduce((sum, one) => sum + one, 0) / seconds.length]
  const brief = (value: number) => Number(value.toPrecision(4))
  return {
    available: true,
    status: `cnt=${sent},avail=${brief(percent)},min=${minimum.toFixed(6)},max=${maximum.toFixed(6)},avg=${average.toFixed(6)}`,
    metrics: { ...lost, ...metricsOf(metrics, { average: brief(average), maximum: brief(maximum), minimum: brief(minimum) }) },
  }
}
