import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutCassandra } from '../../scripts/lab/cassandra.ts'
import { chaosRegions } from '../../scripts/lab/chaos-regions.ts'
import { auditRegions } from '../../scripts/lab/region-audit.ts'
import { truck } from '../../scripts/lab/region-faults.ts'
import { startRegionStage } from '../../scripts/lab/region-stage.ts'

test('a truck drives into one of three regions: nothing acknowledged is lost, no change is missed or made up, everybody is told', { skip: await withoutCassandra() }, async (context) => {
  const since = Date.now()
  await using stage = await startRegionStage({ targets: 24, layout: ['api,console,endpoint,notifier,sweeper'] })
  const result = await chaosRegions(stage, { faults: [truck(2)], seed: since % 1_000_000, lasts: 25, calm: 20, hold: 18, holdMost: 60, say: (line) => context.diagnostic(line) })
  context.diagnostic(JSON.stringify(result))
  assert.deepEqual(result.wrong, [], JSON.stringify(result))

  // The audit is no blind man: it sees what was never stored, and a page that nobody heard of.
  const [watched] = stage.watched
  assert.ok(watched)
  const heard = stage.receiver.arrivals.slice(1)
  const doctored = { ...stage, receiver: { ...stage.receiver, arrivals: heard }, acknowledged: [...stage.acknowledged, { at: since, zone: 'mza', ids: [`${watched.check}:mza:1:scheduled:boot:1`] }] }
  const { counts } = await auditRegions(doctored, since)
  assert.deepEqual([counts.lost, counts.missing], [1, 1])
})
