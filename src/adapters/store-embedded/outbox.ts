import type { Outbox } from '../../contracts/outbox.ts'
import type { AlarmKey } from '../../core/alarm-row.ts'
import type { Committer } from './committer.ts'
import type { WorkerLink } from './worker-link.ts'

/** Intents and deliveries, as rows; every claim is one conditional update. */
export function outbox(link: WorkerLink, committer: Committer): Outbox {
  return {
    async intend({ key, version, at }) {
      await committer.write('intend', { ...plain(key), version, at })
    },
    async intents(before, limit) {
      const rows = await link.call('intents', { before, limit })
      return rows.map(({ version, at, ...key }) => ({ key, version, at }))
    },
    async settle({ key, version, at }) {
      await committer.write('settle', { ...plain(key), version, at })
    },
    async enqueue({ key, version, notification, step, createdAt, status, dueAt, claim, attempts, trace }) {
      const body = JSON.stringify({ createdAt, notification, trace })
      const id = { ...plain(key), version, notification: notification.id, step }
      return committer.write('enqueue', { ...id, body, status, dueAt, owner: claim?.owner ?? null, until: claim?.until ?? 0, attempts: JSON.stringify(attempts) })
    },
    async due(now, limit) {
      return link.call('due', { now, limit })
    },
    async claim({ key, version, notification, step }, owner, now, until) {
      return (await committer.write('claim', { ...plain(key), version, notification, step, owner, now, until })) ?? undefined
    },
    async record({ key, version, notification, step }, owner, attempt, { status, dueAt }) {
      const id = { ...plain(key), version, notification, step }
      return committer.write('record', { ...id, owner, attempt: attempt === null ? null : JSON.stringify(attempt), status, dueAt })
    },
    async deliveries(key, version) {
      return link.call('deliveries', { ...plain(key), version })
    },
    async nextDue() {
      return (await link.call('nextDue', null)) ?? undefined
    },
    async [Symbol.asyncDispose]() {},
  }
}

function plain({ tenant, entity, alarm }: AlarmKey): AlarmKey {
  return { tenant, entity, alarm }
}
