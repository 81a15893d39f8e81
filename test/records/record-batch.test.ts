import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { codecs } from '../../src/records/compression/compression.js'
import { type Record, readRecords } from '../../src/records/record.js'
import {
  attributes,
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchLength,
  buildBatch,
  buildPlainBatch,
  codecOf,
  crcOf,
  decodePlainRecords,
  decodeRecords,
  isControl,
  isLogAppendTime,
  isTransactional,
  lastOffsetDelta,
  maxTimestamp,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  recordCount,
  splitBatches,
  stampLogAppendTime,
  stampOffset,
  verifyCrc,
} from '../../src/records/record-batch.js'

const record = (value: string, timestampMs = 1000n) => ({
  timestampMs,
  key: null,
  value: Buffer.from(value),
  headers: [],
})

describe('the bytes of a batch', () => {
  test('are those that Kafka defines', () => {
    const batch = buildPlainBatch({
      baseOffset: 5n,
      leaderEpoch: 7,
      producerId: 9n,
      producerEpoch: 1,
      baseSequence: 4,
      transactional: true,
      records: [
        { timestampMs: 1000n, key: null, value: Buffer.from('v') },
        {
          timestampMs: 998n,
          key: Buffer.from('k'),
          value: null,
          headers: [{ key: 'h', value: Buffer.from('x') }],
        },
      ],
    })
    const header = [
      '0000000000000005', // base offset
      '00000045', // length
      '00000007', // leader epoch
      '02', // magic
      crcOf(batch).toString(16).padStart(8, '0'),
      '0010', // attributes: transactional
      '00000001', // last offset delta
      '00000000000003e8', // base timestamp
      '00000000000003e8', // max timestamp
      '0000000000000009', // producer id
      '0001', // producer epoch
      '00000004', // base sequence
      '00000002', // records
    ]
    const records = ['0e00000001027600', '1600030202' + '6b01' + '02' + '0268' + '0278']
    assert.equal(batch.toString('hex'), [...header, ...records].join(''))
    assert.ok(verifyCrc(batch))
  })

  test('are those that KafkaJS writes', async () => {
    const theirs = await kafkajsBatch(codecs.none)
    assert.equal(buildPlainBatch(kafkajsDraft).toString('hex'), theirs.toString('hex'))
    assert.deepEqual(decodePlainRecords(theirs), kafkajsRecords)
  })

  test('of gzip as KafkaJS writes it are understood', async () => {
    const theirs = await kafkajsBatch(codecs.gzip)
    assert.ok(verifyCrc(theirs))
    assert.deepEqual(await decodeRecords(theirs), kafkajsRecords)
  })

  test('give back every field of the header', () => {
    const batch = buildPlainBatch({
      records: [record('a', 5n), record('b', 9n), record('c', 7n)],
      baseOffset: 3n,
      leaderEpoch: 2,
      producerId: 11n,
      producerEpoch: 12,
      baseSequence: 13,
      transactional: true,
      control: true,
      logAppendTime: true,
    })
    assert.equal(batchLength(batch), batch.length)
    assert.equal(baseOffset(batch), 3n)
    assert.equal(lastOffsetDelta(batch), 2)
    assert.equal(recordCount(batch), 3)
    assert.equal(partitionLeaderEpoch(batch), 2)
    assert.equal(attributes(batch), 0x38)
    assert.equal(codecOf(batch), codecs.none)
    assert.ok(isTransactional(batch) && isControl(batch) && isLogAppendTime(batch))
    assert.equal(baseTimestamp(batch), 5n)
    assert.equal(maxTimestamp(batch), 9n)
    assert.equal(producerId(batch), 11n)
    assert.equal(producerEpoch(batch), 12)
    assert.equal(baseSequence(batch), 13)
  })
})

describe('records', () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map(b => Buffer.from(b))
  const text = fc.string({ unit: 'grapheme', maxLength: 10 })
  const drafts = fc.array(
    fc.record(
      {
        timestampMs: fc.bigInt({ min: 0n, max: 2n ** 45n }),
        key: fc.option(bytes),
        value: fc.option(fc.oneof(bytes, fc.constant(Buffer.alloc(5000, 'abc')))),
        headers: fc.array(fc.record({ key: text, value: fc.option(bytes) }, { noNullPrototype: true }), {
          maxLength: 3,
        }),
      },
      { noNullPrototype: true },
    ),
    { maxLength: 20 },
  )

  for (const [name, codec] of Object.entries(codecs)) {
    test(`come out as they went in, with codec ${name}`, async () => {
      const roundTrip = fc.asyncProperty(
        drafts,
        fc.bigInt({ min: 0n, max: 2n ** 62n }),
        async (records, base) => {
          const batch = await buildBatch({ records, codec, baseOffset: base })
          assert.ok(verifyCrc(batch))
          assert.equal(codecOf(batch), codec)
          const expected = records.map((draft, i) => ({ offset: base + BigInt(i), ...draft }))
          assert.deepEqual(await decodeRecords(batch), expected)
        },
      )
      await fc.assert(roundTrip, { numRuns: 50 })
    })
  }

  test('keep their own offsets where some between them were compacted away', () => {
    const records = [
      { offset: 12n, ...record('a') },
      { offset: 17n, ...record('b') },
    ]
    const batch = buildPlainBatch({ records, baseOffset: 10n, lastOffsetDelta: 9 })
    assert.equal(baseOffset(batch), 10n)
    assert.equal(lastOffsetDelta(batch), 9)
    assert.deepEqual(decodePlainRecords(batch), records)
  })

  test('all have the time of the append where the broker stamped the batch', () => {
    const batch = buildPlainBatch({ records: [record('a', 5n), record('b', 6n)] })
    stampLogAppendTime(batch, 777n)
    assert.ok(verifyCrc(batch) && isLogAppendTime(batch))
    const times = decodePlainRecords(batch).map(({ timestampMs }) => timestampMs)
    assert.deepEqual(times, [777n, 777n])
  })

  test('that are not what the bytes hold are refused', () => {
    const base = { baseOffset: 0n, baseTimestamp: 0n, logAppendTimeMs: null }
    const bytes = Buffer.from('0e00000001027600', 'hex')
    assert.equal(readRecords(bytes, 1, base).length, 1)
    const refused = { errorName: 'INVALID_RECORD' }
    assert.throws(() => readRecords(bytes, 2, base), refused)
    assert.throws(() => readRecords(bytes, 0, base), refused)
    assert.throws(() => readRecords(bytes.subarray(0, 7), 1, base), refused)
    const tooShort = Buffer.from('0c00000001027600', 'hex')
    assert.throws(() => readRecords(tooShort, 1, base), /does not end where its length says/)
    const manyHeaders = Buffer.from('1600000001' + '0276' + 'feffffff0f', 'hex')
    assert.throws(() => readRecords(manyHeaders, 1, base), /headers/)
  })
})

describe('stamping an offset', () => {
  test('leaves the checksum valid', () => {
    const batch = buildPlainBatch({ records: [record('a')] })
    stampOffset(batch, 1n << 40n, 17)
    assert.equal(baseOffset(batch), 1n << 40n)
    assert.equal(partitionLeaderEpoch(batch), 17)
    assert.ok(verifyCrc(batch))
  })
})

test('every flipped bit under the checksum is found', () => {
  const batch = buildPlainBatch({ records: [record('hello'), record('you')] })
  for (let bit = 17 * 8; bit < batch.length * 8; bit++) {
    const flipped = Buffer.from(batch)
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
    assert.ok(!verifyCrc(flipped), `bit ${bit}`)
  }
})

describe('a buffer of batches', () => {
  const one = buildPlainBatch({ records: [record('a')] })
  const two = buildPlainBatch({ records: [record('b'), record('c')] })

  test('is split into them without copying', () => {
    const buffer = Buffer.concat([one, two])
    const split = splitBatches(buffer)
    assert.deepEqual(split, [one, two])
    assert.equal(split[1]?.buffer, buffer.buffer)
    assert.deepEqual(splitBatches(Buffer.alloc(0)), [])
  })

  test('is refused where it ends within one', () => {
    const buffer = Buffer.concat([one, two])
    for (const length of [1, 60, one.length - 1, one.length + 1, buffer.length - 1]) {
      assert.throws(() => splitBatches(buffer.subarray(0, length)), { errorName: 'CORRUPT_MESSAGE' })
    }
  })

  test('is refused where a length is too small to be true', () => {
    const buffer = Buffer.from(one)
    buffer.writeInt32BE(-12, 8)
    assert.throws(() => splitBatches(buffer), { errorName: 'CORRUPT_MESSAGE' })
  })
})

const kafkajsDraft = {
  leaderEpoch: 0,
  producerId: -1n,
  producerEpoch: 0,
  baseSequence: 0,
  records: [
    { timestampMs: 1_700_000_000_000n, key: Buffer.from('k'), value: Buffer.from('värde'), headers: [] },
    {
      timestampMs: 1_700_000_000_123n,
      key: null,
      value: Buffer.alloc(3000, 'x'),
      headers: [{ key: 'h', value: Buffer.from('1') }],
    },
  ],
}
const kafkajsRecords: Record[] = kafkajsDraft.records.map((draft, i) => ({ offset: BigInt(i), ...draft }))

/** The same batch from the encoder of KafkaJS. */
async function kafkajsBatch(compression: number): Promise<Buffer> {
  const require = createRequire(import.meta.url)
  const { RecordBatch: encodeBatch } = require('kafkajs/src/protocol/recordBatch/v0')
  const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0')
  const [first] = kafkajsDraft.records
  const encoder = await encodeBatch({
    compression,
    firstTimestamp: Number(first?.timestampMs),
    maxTimestamp: 1_700_000_000_123,
    lastOffsetDelta: 1,
    records: kafkajsDraft.records.map(({ key, value, headers, timestampMs }, offsetDelta) =>
      encodeRecord({
        offsetDelta,
        timestampDelta: Number(timestampMs - (first?.timestampMs ?? 0n)),
        key,
        value,
        headers: Object.fromEntries(headers.map(header => [header.key, header.value])),
      }),
    ),
  })
  return encoder.buffer
}
