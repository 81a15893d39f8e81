import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Topic } from '../../src/engine/metadata-store.js'
import { batchOfRequest, checkClientBatch } from '../../src/records/admission.js'
import { crc32c } from '../../src/records/crc32c.js'
import { type BatchDraft, buildBatch, buildPlainBatch } from '../../src/records/record-batch.js'
import type { ErrorName } from '../../src/wire/errors.js'
import { inflater } from '../support/inflater.js'
import { defaults } from '../support/log-world.js'

const records = ['a', 'b'].map(value => ({
  timestampMs: 1000n,
  key: Buffer.from('k'),
  value: Buffer.from(value),
  headers: [{ key: 'h', value: Buffer.from('x') }],
}))
const good = (draft: Partial<BatchDraft> = {}): Buffer => buildPlainBatch({ records, ...draft })

/** The batch that the broker takes from the bytes. */
function taken(records: Buffer | null, maxMessageBytes = 1 << 20): Buffer {
  const { bytes: b } = batchOfRequest(topic, { index: 0, records }, 12)
  assert.equal(checkClientBatch(b, { ...topic.settings, maxMessageBytes }, nowMs, inflater()), null)
  return b
}

const nowMs = 1000
const topic: Topic = {
  id: 'AAAAAAAAAAAAAAAAAAAACQ',
  name: 'letters',
  internal: false,
  partitions: [{ index: 0, leader: 1, leaderEpoch: 0, replicas: [1], isr: [1] }],
  overrides: new Map(),
  settings: defaults,
}

/** A batch that was changed after it was built, with a checksum that fits. */
function changed(change: (b: Buffer) => void, draft?: Partial<BatchDraft>): Buffer {
  const b = good(draft)
  change(b)
  b.writeUInt32BE(crc32c(b.subarray(21)), 17)
  return b
}

describe('a batch is accepted from a client', () => {
  test('when nothing is wrong with it', () => {
    assert.deepEqual(taken(good()), good())
  })

  test('with a producer id, epoch and sequence, transactional or not', () => {
    const producer = { producerId: 5n, producerEpoch: 0, baseSequence: 0 }
    taken(good(producer))
    taken(good({ ...producer, transactional: true }))
  })

  test('compressed, whatever the codec', async () => {
    for (const codec of [1, 2, 3, 4]) taken(await buildBatch({ records, codec }))
  })

  test('without bytes after it that are no batch', () => {
    assert.deepEqual(taken(Buffer.concat([good(), Buffer.alloc(11)])), good())
    assert.deepEqual(taken(Buffer.concat([good(), good().subarray(0, 40)])), good())
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
  ['a codec that does not exist', changed(b => b.writeInt16BE(5, 21)), 'UNKNOWN_SERVER_ERROR'],
  ['a producer id without a sequence', good({ producerId: 1n, producerEpoch: 0 }), 'INVALID_RECORD'],
]

describe('refused from a client is', () => {
  for (const [what, bytes, errorName] of refused) {
    test(`${what}: ${errorName}`, () => {
      assert.throws(() => taken(bytes), { errorName })
    })
  }

  test('more bytes than may be: MESSAGE_TOO_LARGE, before the checksum is looked at', () => {
    const bytes = flipLast(good())
    assert.throws(() => taken(bytes, bytes.length - 1), { errorName: 'MESSAGE_TOO_LARGE' })
    assert.throws(() => taken(bytes, bytes.length), { errorName: 'CORRUPT_MESSAGE' })
  })

  test('more bytes than may be, with a base offset: INVALID_RECORD', () => {
    assert.throws(() => taken(good({ baseOffset: 1n }), 10), { errorName: 'INVALID_RECORD' })
  })
})

function flipLast(b: Buffer): Buffer {
  b[b.length - 1] = (b[b.length - 1] as number) ^ 1
  return b
}
