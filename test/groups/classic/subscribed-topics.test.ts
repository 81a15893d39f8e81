import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subscribedTopics } from '../../../src/groups/classic/subscribed-topics.js'
import { subscription } from '../coordinator-world.js'

test('topics are read from any version of a consumer subscription', () => {
  const metadata = subscription('orders', 'bills')
  assert.deepEqual(subscribedTopics(metadata), ['orders', 'bills'])
  metadata.writeInt16BE(3, 0)
  assert.deepEqual(subscribedTopics(Buffer.concat([metadata, Buffer.from('what a later version adds')])), [
    'orders',
    'bills',
  ])
})

test('metadata that is no subscription tells of no topics', () => {
  for (const bytes of ['', '0000', '000000000001', '0000000000017fff61', '00007fffffff', 'ffff00000000']) {
    assert.equal(subscribedTopics(Buffer.from(bytes, 'hex')), null, bytes)
  }
})
