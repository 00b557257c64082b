import assert from 'node:assert/strict'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { levels, makeJobs, report, settled } from '../../scripts/lab/jobs.ts'
import { webhookReceiver } from '../../scripts/lab/receivers.ts'
import { startVedette } from '../../scripts/lab/vedette.ts'
import { folder, run } from './run.ts'

test('why answers from a running server and from the data of a stopped one, alike', async () => {
  await using receiver = await webhookReceiver()
  await using vedette = await startVedette()
  const { api, url, data } = vedette
  const jobs = await makeJobs(api, receiver, 1)
  const [job] = jobs
  assert.ok(job)
  await report(vedette, job, levels.ill)
  assert.ok(await receiver.next(0, ({ alarm }) => alarm === job.alarm, 30_000))
  await settled(vedette, jobs)
  const [{ key } = { key: '' }] = receiver.arrivals
  const version = key.split(':')[1]
  const env = { VEDETTE_TOKEN: api.token }

  const running = await run(['why', job.alarm, '--url', `${url}/`], { env })
  assert.equal(running.stderr, '')
  assert.match(running.stdout, new RegExp(`^${job.alarm}@${version} .* UNKNOWN → CRITICAL\n`))
  assert.match(running.stdout, /vote {6}heartbeat: CRITICAL since .*level 9/)
  assert.ok(running.stdout.includes(`key ${key}\n`))
  assert.match(running.stdout, / {12}1\. .* delivered after \d+ ms from /)
  assert.equal(running.code, 0)

  const first = await run(['why', `${job.alarm}@1`, '--url', url, '--token', api.token, '--json'])
  assert.equal(JSON.parse(first.stdout).kind, 'created')

  const wrongs: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
    [[`${job.alarm}@99`, '--url', url], 1, new RegExp(`^There is no ${job.alarm}@99; its newest version is ${version}\n$`)],
    [['alAAAAAAAA', '--url', url], 1, /^There is no alAAAAAAAA\n$/],
    [['enAAAAAAAA', '--url', url], 2, /^"enAAAAAAAA" is no alarm; write alAbCdEf12 or alAbCdEf12@7\n$/],
    [[job.alarm, '--url', url, '--token', 'wrong'], 1, /^vedette: http:\/\/127\.0\.0\.1:\d+ does not know this token; .*--token.*\n$/],
    [[job.alarm, '--data', data], 1, /^vedette: \S+ is in use by another process \(pid \d+\).*--url http:\/\/127\.0\.0\.1:8000 --token TOKEN\n$/],
  ]
  for (const [args, code, says] of wrongs) {
    const answer = await run(['why', ...args], { env })
    assert.match(answer.stderr, says)
    assert.deepEqual([answer.code, answer.stdout], [code, ''], args.join(' '))
  }

  await vedette.stop()
  const stopped = await run(['why', job.alarm, '--data', data])
  assert.deepEqual(stopped, running)
  const gone = await run(['why', job.alarm, '--url', url], { env })
  assert.match(gone.stderr, /^vedette: cannot ask http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*\n$/)
  assert.equal(gone.code, 1)
})

test('a question makes no data', async () => {
  await using here = await folder()
  const data = join(here.path, 'data')
  const { code, stderr } = await run(['why', 'alAAAAAAAA', '--data', data])
  assert.match(stderr, /^vedette: there is no data in \S+: no such file or directory; .*--data.*--url\n$/)
  assert.equal(code, 1)
  await assert.rejects(access(data))
})
