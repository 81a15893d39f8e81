import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeFact, encodeFact } from '../../src/cluster/metadata-serde.js'

test('a topic record has the bytes that Kafka writes: frame version, type, version, then the record', () => {
  const bytes = encodeFact({ kind: 'topic', value: { name: 'ab', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' } })
  assert.equal(bytes.toString('hex'), `010200${'036162'}${'00'.repeat(15)}01${'00'}`)
})

test('a record of a quota has the bytes that Kafka writes', () => {
  const entity = [{ entityType: 'user', entityName: null }]
  const bytes = encodeFact({ kind: 'clientQuota', value: { entity, key: 'ab', value: 1.5, remove: false } })
  assert.equal(
    bytes.toString('hex'),
    `010e00${'02'}${'0575736572'}${'00'}${'00'}${'036162'}${'3ff8000000000000'}${'00'}${'00'}`,
  )
})

test('a record of a type that Ottla does not use is passed over', () => {
  assert.equal(decodeFact(Buffer.from('011400', 'hex')), null)
})

test('a record of an unknown frame version is refused', () => {
  assert.throws(() => decodeFact(Buffer.from('020200', 'hex')), /frame version 2/)
})
