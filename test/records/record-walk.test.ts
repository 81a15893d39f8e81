import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildPlainBatch, recordBytes } from '../../src/records/record-batch.js'
import { walkRecords } from '../../src/records/record-walk.js'

const records = ['a', null].map((key, i) => ({
  timestampMs: 1000n - BigInt(i) * 70_000n,
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from('v'),
  headers: [{ key: 'h', value: Buffer.from('x') }],
}))
const good = (): Buffer => Buffer.from(recordBytes(buildPlainBatch({ records })))

function seen(bytes: Buffer, count = 2): unknown[] {
  const all: unknown[] = []
  walkRecords(bytes, count, (...one) => all.push(one))
  return all
}

test('the walk gives the time of every record, and whether it has a key', () => {
  assert.deepEqual(seen(good()), [
    [0, 0, true],
    [1, -70_000, false],
  ])
})

test('times are exact up to 2^53 milliseconds from the first', () => {
  for (const delta of [1n, -1n, 63n, 64n, -64n, -65n, 2n ** 31n, -(2n ** 31n), 2n ** 52n, 1n - 2n ** 52n]) {
    const far = [0n, delta].map(timestampMs => ({ timestampMs, key: null, value: null }))
    const bytes = recordBytes(buildPlainBatch({ records: far }))
    assert.deepEqual(seen(bytes)[1], [1, Number(delta), false])
  }
})

describe('INVALID_RECORD is', () => {
  const refused = (bytes: Buffer, why?: string, count = 2) =>
    assert.throws(() => seen(bytes, count), { errorName: 'INVALID_RECORD' }, why)

  test('a record whose offset delta is not its position', () => {
    const bytes = good()
    assert.equal(bytes[3], 0)
    bytes.writeUInt8(2, 3)
    refused(bytes)
  })

  test('any change of a length within the records', () => {
    const lengths = [0, 4, 6, 8, 9, 11]
    for (const at of lengths) {
      for (const by of [-2, -1, 1, 2, 4, 60, 127]) {
        const bytes = good()
        bytes.writeUInt8(((bytes[at] as number) + by) & 0xff, at)
        refused(bytes, `${at} changed by ${by}`)
      }
    }
  })

  test('a record that is cut off', () => {
    const whole = good()
    for (let length = 1; length < whole.length; length++) refused(whole.subarray(0, length))
  })

  test('a record more than was said', () => refused(good(), undefined, 1))
})
