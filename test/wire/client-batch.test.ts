import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crc32c } from '../../src/wire/crc32c.js'
import type { ErrorName } from '../../src/wire/errors.js'
import {
  type BatchDraft,
  buildBatch,
  buildPlainBatch,
  checkClientBatch,
} from '../../src/wire/record-batch.js'

const records = ['a', 'b'].map(value => ({
  timestampMs: 1000n,
  key: Buffer.from('k'),
  value: Buffer.from(value),
  headers: [{ key: 'h', value: Buffer.from('x') }],
}))
const good = (draft: Partial<BatchDraft> = {}): Buffer => buildPlainBatch({ records, ...draft })

/** A batch that was changed after it was built, with a checksum that fits. */
function changed(change: (b: Buffer) => void, draft?: Partial<BatchDraft>): Buffer {
  const b = good(draft)
  change(b)
  b.writeUInt32BE(crc32c(b.subarray(21)), 17)
  return b
}

describe('a batch is accepted from a client', () => {
  test('when nothing is wrong with it', () => {
    assert.deepEqual(checkClientBatch(good()), good())
  })

  test('with a producer id, epoch and sequence, transactional or not', () => {
    const producer = { producerId: 5n, producerEpoch: 0, baseSequence: 0 }
    checkClientBatch(good(producer))
    checkClientBatch(good({ ...producer, transactional: true }))
  })

  test('compressed, whatever the codec', async () => {
    for (const codec of [1, 2, 3, 4]) checkClientBatch(await buildBatch({ records, codec }))
  })

  test('without bytes after it that are no batch', () => {
    assert.deepEqual(checkClientBatch(Buffer.concat([good(), Buffer.alloc(11)])), good())
    assert.deepEqual(checkClientBatch(Buffer.concat([good(), good().subarray(0, 40)])), good())
  })
})

const refused: [what: string, bytes: Buffer | null, error: ErrorName][] = [
  ['null', null, 'INVALID_RECORD'],
  ['nothing', Buffer.alloc(0), 'INVALID_RECORD'],
  ['less than a batch', good().subarray(0, 50), 'INVALID_RECORD'],
  ['two batches', Buffer.concat([good(), good()]), 'INVALID_RECORD'],
  ['a batch with a base offset', good({ baseOffset: 1n }), 'INVALID_RECORD'],
  ['a batch with a wrong checksum', flipLast(good()), 'CORRUPT_MESSAGE'],
  ['a batch of a length that is too small', changed(b => b.writeInt32BE(13, 8)), 'CORRUPT_MESSAGE'],
  ['a batch of negative length', changed(b => b.writeInt32BE(-1, 8)), 'CORRUPT_MESSAGE'],
  ['a batch without a whole header', changed(b => b.writeInt32BE(40, 8)).subarray(0, 52), 'CORRUPT_MESSAGE'],
  ['a message of the old format', changed(b => b.writeInt8(1, 16)), 'INVALID_RECORD'],
  ['a batch of a format to come', changed(b => b.writeInt8(3, 16)), 'CORRUPT_MESSAGE'],
  ['a batch without records', buildPlainBatch({ records: [] }), 'INVALID_RECORD'],
  ['a negative number of records', changed(b => b.writeInt32BE(-1, 57)), 'INVALID_RECORD'],
  ['more records than offsets', changed(b => b.writeInt32BE(3, 57)), 'INVALID_RECORD'],
  ['more offsets than records', good({ lastOffsetDelta: 2 }), 'INVALID_RECORD'],
  ['control records', good({ control: true }), 'INVALID_RECORD'],
  ['a time of append', good({ logAppendTime: true }), 'INVALID_TIMESTAMP'],
  ['a codec that does not exist', changed(b => b.writeInt16BE(5, 21)), 'UNSUPPORTED_COMPRESSION_TYPE'],
  ['a transaction without a producer id', good({ transactional: true }), 'INVALID_RECORD'],
  ['a producer id without a sequence', good({ producerId: 1n, producerEpoch: 0 }), 'INVALID_RECORD'],
  ['a producer id without an epoch', good({ producerId: 1n, baseSequence: 0 }), 'INVALID_RECORD'],
]

describe('refused from a client is', () => {
  for (const [what, bytes, errorName] of refused) {
    test(`${what}: ${errorName}`, () => {
      assert.throws(() => checkClientBatch(bytes), { errorName })
    })
  }

  const offsetDelta = 61 + 3
  test('a record whose offset delta is not its position: INVALID_RECORD', () => {
    assert.equal(good()[offsetDelta], 0)
    const bytes = changed(b => b.writeUInt8(2, offsetDelta))
    assert.throws(() => checkClientBatch(bytes), { errorName: 'INVALID_RECORD' })
  })

  test('any change of a length within the records: INVALID_RECORD', () => {
    const lengths = [61, 65, 67, 69, 70, 72]
    for (const at of lengths) {
      for (const by of [-2, -1, 1, 2, 4, 60, 127]) {
        const bytes = changed(b => b.writeUInt8(((b[at] as number) + by) & 0xff, at))
        assert.throws(
          () => checkClientBatch(bytes),
          { errorName: 'INVALID_RECORD' },
          `${at} changed by ${by}`,
        )
      }
    }
  })

  test('a record that is cut off: INVALID_RECORD', () => {
    const whole = good()
    for (let length = 62; length < whole.length; length++) {
      const b = Buffer.from(whole.subarray(0, length))
      b.writeInt32BE(length - 12, 8)
      b.writeUInt32BE(crc32c(b.subarray(21)), 17)
      assert.throws(() => checkClientBatch(b), { errorName: 'INVALID_RECORD' })
    }
  })

  test('a record more than was said: INVALID_RECORD', () => {
    const bytes = changed(b => {
      b.writeInt32BE(1, 57)
      b.writeInt32BE(0, 23)
    })
    assert.throws(() => checkClientBatch(bytes), /after the last record/)
  })
})

function flipLast(b: Buffer): Buffer {
  b[b.length - 1] = (b[b.length - 1] as number) ^ 1
  return b
}
