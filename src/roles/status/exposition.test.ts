import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exposition } from './exposition.ts'

test('labels are escaped and every family has its help and type', () => {
  const text = exposition([
    { name: 'vedette_changes_total', help: 'state changes', type: 'counter', samples: [{ value: 3 }] },
    { name: 'vedette_queue', help: 'a\nb', type: 'gauge', samples: [{ labels: { zone: 'mz"\\\n' }, value: 0.5 }] },
  ])
  assert.equal(text, '# HELP vedette_changes_total state changes\n# TYPE vedette_changes_total counter\nvedette_changes_total 3\n' +
    '# HELP vedette_queue a\\nb\n# TYPE vedette_queue gauge\nvedette_queue{zone="mz\\"\\\\\\n"} 0.5\n')
})
