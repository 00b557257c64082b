import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Access, Hello } from '../../src/adapters/agent-protocol/index.ts'
import { simulatedClock } from '../../src/adapters/simulated/clock.ts'
import { simulatedRandom } from '../../src/adapters/simulated/random.ts'
import { openSimulatedStore } from '../../src/adapters/simulated/store/open.ts'
import { aCheck, anEntity } from '../../src/contracts/samples.suite.ts'
import type { MonitoringZone, Role } from '../../src/core/entities/resources.ts'
import { agentAccess, agentChecks } from '../../src/program/agent-access.ts'
import { issueToken } from '../../src/roles/api/sign-in.ts'

const operators = 'a-secret-of-the-operator'
const zone = (id: string, disabled = false): MonitoringZone => ({ id, label: id, country_code: null, source_ips: [], maximum_checks: null, maximum_agents: null, disabled, metadata: null, created_at: 0, updated_at: 0 })

/** Two accounts with private zones and tokens. */
async function accounts() {
  const clock = simulatedClock({ free: true })
  const random = simulatedRandom(7)
  const { configuration } = openSimulatedStore({ clock, random })
  for (const tenant of ['1', '2']) {
    await configuration.commit({ tenant }, [`pzOf${tenant}`, `pzAlsoOf${tenant}`].map((id) => ({ kind: 'monitoringZone' as const, id, expected: 0, value: zone(id) })))
    await configuration.commit({ tenant, entity: `en${tenant}` }, [
      { kind: 'entity', id: `en${tenant}`, expected: 0, value: anEntity({ id: `en${tenant}`, agent_id: 'web' }) },
      { kind: 'check', id: 'chAgent', expected: 0, value: aCheck({ id: 'chAgent', type: 'agent.memory' }) }, { kind: 'check', id: 'chRemote', expected: 0, value: aCheck({ id: 'chRemote' }) },
    ])
  }
  await configuration.commit({ tenant: '1' }, [{ kind: 'monitoringZone', id: 'pzOff', expected: 0, value: zone('pzOff', true) }])
  const token = async (tenant: string, role: Role, expiresAt: number | null = null) => (await issueToken({ configuration, clock, random }, { name: 'somebody', tenant, roles: [role] }, null, expiresAt)).text
  const access = agentAccess({ configuration, clock, pollerTokens: ['another-secret-of-theirs', operators] })
  const ask = (hello: Partial<Hello>): Promise<Access> => access({ token: '', guid: 'g', agentId: 'web', agentName: '', version: '', zones: [], isPoller: true, isVedette: true, address: '', ...hello })
  return { configuration, clock, token, ask }
}

test('a token opens what is its own, and nothing else', async () => {
  const { token, ask, clock } = await accounts()
  const [own, other, looking] = [await token('1', 'monitoring:creator'), await token('2', 'monitoring:admin'), await token('1', 'monitoring:observer')]
  const expired = await token('1', 'monitoring:admin', clock.now() - 1)
  const opened: readonly (readonly [hello: Partial<Hello>, access: Access])[] = [
    [{ token: operators, zones: ['mzdfw', 'mzlon'] }, { kind: 'poller', zones: ['mzdfw', 'mzlon'], tenant: null }],
    [{ token: own, zones: ['pzOf1', 'pzAlsoOf1'] }, { kind: 'poller', zones: ['pzOf1', 'pzAlsoOf1'], tenant: '1' }],
    [{ token: own, isPoller: false }, { kind: 'agent', tenant: '1', entity: 'en1' }], [{ token: other, isPoller: false }, { kind: 'agent', tenant: '2', entity: 'en2' }],
    [{ token: own, isPoller: false, agentId: 'nobody' }, { kind: 'agent', tenant: '1', entity: null }],
  ]
  for (const [hello, access] of opened) assert.deepEqual(await ask(hello), access)
  const refused: readonly (readonly [hello: Partial<Hello>, reason: RegExp])[] = [
    [{ token: 'wrong', zones: ['mzdfw'] }, /does not open public zones/], [{ token: own, zones: ['mzdfw'] }, /does not open public zones/], [{ token: '', zones: ['mzdfw'] }, /does not open public zones/],
    [{ token: operators, zones: ['pzOf1'] }, /not known/], [{ token: other, zones: ['pzOf1'] }, /pzOf1 is none of this token's account/], [{ token: own, zones: ['pzOf1', 'pzOf2'] }, /pzOf2 is none/],
    [{ token: own, zones: ['pzOff'] }, /pzOff is none/], [{ token: own, zones: ['mzdfw', 'pzOf1'] }, /either public zones/], [{ token: own, zones: ['agent'] }, /either public zones/],
    [{ token: own, zones: [] }, /must name its zones/], [{ token: looking, zones: ['pzOf1'] }, /may only look/], [{ token: expired, zones: ['pzOf1'] }, /expired/], [{ token: looking, isPoller: false }, /may only look/],
  ]
  for (const [hello, reason] of refused) {
    const access = await ask(hello)
    assert.match(access.kind === 'refused' ? access.reason : JSON.stringify(access), reason)
  }
})

test('an agent that is bound to an entity later is found soon', async () => {
  const { configuration, clock, token, ask } = await accounts()
  const own = await token('1', 'monitoring:admin')
  const entityOf = async () => ask({ token: own, isPoller: false, agentId: 'later' })
  assert.partialDeepStrictEqual(await entityOf(), { entity: null })
  await configuration.commit({ tenant: '1', entity: 'en9' }, [{ kind: 'entity', id: 'en9', expected: 0, value: anEntity({ id: 'en9', agent_id: 'later' }) }])
  await clock.sleep(30_000)
  assert.partialDeepStrictEqual(await entityOf(), { entity: 'en9' })
})

test('an agent gets the agent checks of its entity', async () => {
  const { configuration } = await accounts()
  assert.deepEqual((await agentChecks(configuration, '1', 'en1')).map((check) => check.id), ['chAgent'])
  assert.deepEqual(await agentChecks(configuration, '1', 'enNone'), [])
})
