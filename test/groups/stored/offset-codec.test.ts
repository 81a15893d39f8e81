import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { offsetCommitKey, offsetCommitValue } from '../../../src/groups/stored/group-records.js'
import { OffsetCodec } from '../../../src/groups/stored/offset-codec.js'
import { decodeMessage, encodeMessage } from '../../../src/wire/stored-message.js'
import { randomRuns } from '../../support/random-runs.js'

const name = fc.oneof(
  fc.constantFrom('', 'a', 'orders', 'Käse'),
  fc.string({ maxLength: 200, unit: 'binary' }),
)
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const anyKey = fc.record({ group: name, topic: name, partition: fc.integer({ min: 0, max: 3 }) })
const anyValue = fc.record({
  version: fc.constantFrom(0, 1, 2, 3, 4, 4, 4),
  offset: int64,
  leaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  metadata: name,
  commitTimestamp: int64,
  topicId: fc.constantFrom('AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAQ', '_________w_______w____'),
})
const rest = fc.oneof(
  { weight: 4, arbitrary: fc.constant(Buffer.alloc(0)) },
  fc.uint8Array({ maxLength: 20 }),
)

test('offsets are read as their declarations say, in every version, whatever came before', () => {
  const records = new OffsetCodec()
  const read = (bytes: Buffer, by: (bytes: Buffer) => unknown) => {
    try {
      return by(bytes)
    } catch (thrown) {
      return String(thrown)
    }
  }
  fc.assert(
    fc.property(anyKey, anyValue, rest, fc.nat(60), (key, { version, ...value }, more, cut) => {
      const keyBytes = Buffer.concat([encodeMessage(offsetCommitKey, 0, key), more])
      const whole = Buffer.concat([encodeMessage(offsetCommitValue, version, value), more])
      const valueBytes = cut < 50 ? whole : whole.subarray(0, cut)
      const readKey = (bytes: Buffer) => records.key(bytes)
      const readValue = (bytes: Buffer) => records.value(bytes)
      assert.deepEqual(
        read(keyBytes, readKey),
        read(keyBytes, bytes => decodeMessage(offsetCommitKey, bytes)),
      )
      assert.deepEqual(
        read(valueBytes, readValue),
        read(valueBytes, bytes => decodeMessage(offsetCommitValue, bytes)),
      )
    }),
    randomRuns(3000, 300_000),
  )
})

test('of more groups than are remembered each is read right, again and again', () => {
  const records = new OffsetCodec()
  for (let i = 0; i < 5000; i++) {
    const key = { group: `group-${i % 1500}`, topic: 'orders', partition: i }
    assert.deepEqual(records.key(encodeMessage(offsetCommitKey, 0, key)), key)
  }
})

test('offsets are written as their declarations say, whatever was written before', () => {
  const records = new OffsetCodec()
  const value = fc.record({
    offset: int64,
    leaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
    metadata: fc.oneof(name, fc.string({ minLength: 120, maxLength: 130 })),
    commitTimestamp: int64,
    expireTimestamp: fc.constant(-1n),
    topicId: fc.constantFrom('AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAQ', '_________w_______w___w'),
  })
  fc.assert(
    fc.property(anyKey, value, (key, generated) => {
      const value = { ...generated }
      const { group, topic, partition } = key
      assert.deepEqual(records.writeKey(group, topic, partition), encodeMessage(offsetCommitKey, 0, key))
      assert.deepEqual(records.writeValue(value), encodeMessage(offsetCommitValue, 4, value))
      assert.deepEqual(records.value(records.writeValue(value)), value)
    }),
    randomRuns(3000, 300_000),
  )
})
