import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionQuota } from '../../../src/security/quotas/connection-quota.js'

const windows = { count: 11, windowMs: 1000 }

test('the quota of a host that was never known can be taken back, and is then asked for no more', async () => {
  const asked: string[] = []
  const quota = new ConnectionQuota(windows, 10, {
    literal: () => null,
    lookUp: async host => {
      asked.push(host)
      return null
    },
  })
  await assert.rejects(quota.set('nowhere', 1), /the host 'nowhere' is not known/)
  await quota.set('nowhere', null)
  assert.deepEqual(asked, ['nowhere'])
  assert.ok(quota.isEmpty)
})
