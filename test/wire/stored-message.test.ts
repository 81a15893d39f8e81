import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  groupMetadataKey,
  offsetCommitKey,
  offsetCommitValue,
} from '../../src/groups/stored/group-records.js'
import { MalformedMessage } from '../../src/wire/reader.js'
import { decodeMessage, encodeMessage, keyOf } from '../../src/wire/stored-message.js'

const key = { group: 'g', topic: 't', partition: 3 }

test('a key begins with the number of its message', () => {
  const bytes = encodeMessage(offsetCommitKey, 0, key)
  assert.equal(bytes.toString('hex'), `0001${'000167'}${'000174'}00000003`)
  assert.equal(keyOf(bytes), 1)
  assert.deepEqual(decodeMessage(offsetCommitKey, bytes), key)
})

test('a value begins with its version, and can be read in every version there was', () => {
  const value = { offset: 7n, metadata: 'm', commitTimestamp: 9n }
  for (let version = 0; version <= 4; version++) {
    const bytes = encodeMessage(offsetCommitValue, version, value)
    assert.equal(keyOf(bytes), version)
    assert.equal(decodeMessage(offsetCommitValue, bytes).offset, 7n)
  }
})

test('a key of another message, or a value of an unknown version, is refused', () => {
  const bytes = encodeMessage(offsetCommitKey, 0, key)
  assert.throws(() => decodeMessage(groupMetadataKey, bytes), MalformedMessage)
  assert.throws(() => decodeMessage(offsetCommitValue, Buffer.from('0005', 'hex')), MalformedMessage)
})
