import fc from 'fast-check'
import type { BatchWords } from '../../test/records/batch-words.js'

const plain = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>

const bytes = fc
  .oneof(
    { weight: 20, arbitrary: fc.uint8Array({ maxLength: 70 }).map(some => Buffer.from(some)) },
    { weight: 1, arbitrary: fc.constantFrom(63, 64, 1025, 8192).map(length => Buffer.alloc(length, 'x')) },
  )
  .map(some => some.toString('hex'))
const bytesOrNull = fc.option(bytes, { freq: 4 })
const text = fc.string({ unit: 'grapheme', maxLength: 10 })
/** -1 is no time at all; Kafka writes no other negative one. */
const time = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.integer({ min: -70_000, max: 70_000 }).map(ms => 1_700_000_000_000n + BigInt(ms)),
  },
  { weight: 1, arbitrary: fc.bigInt({ min: -1n, max: 2n ** 62n }) },
)
const record = plain({
  gap: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 100_000 })),
  timestampMs: time.map(String),
  key: bytesOrNull,
  value: bytesOrNull,
  headers: fc.array(plain({ key: text, value: bytesOrNull }), { maxLength: 4 }),
})

/** The keys of control records: int16 version, int16 type; here abort, commit and leader change. */
const controlKey = fc.constantFrom('00000000', '00000001', '00000002')

/** Without a producer id there is neither epoch, sequence nor transaction. */
const producer = fc.oneof(
  fc.constant({ producerId: '-1', producerEpoch: -1, baseSequence: -1, transactional: false }),
  plain({
    producerId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String),
    producerEpoch: fc.nat(32_767),
    baseSequence: fc.nat(2 ** 31 - 1),
    transactional: fc.boolean(),
  }),
)

const shape = plain({
  baseOffset: fc.oneof(fc.bigInt({ min: 0n, max: 1000n }), fc.bigInt({ min: 0n, max: 2n ** 62n })),
  gapBefore: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(1000)),
  gapAfter: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(1000)),
  records: fc.array(record, { minLength: 1, maxLength: 20 }),
  producer,
  leaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  controlKey: fc.option(controlKey, { freq: 1 }),
  logAppendTimeMs: fc.option(time.map(String), { freq: 2 }),
  deleteHorizonMs: fc.option(fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String), { freq: 1 }),
})

/** A batch as a client, a coordinator or the log cleaner may write it, in this codec. */
export const anyBatch = (codec: number): fc.Arbitrary<BatchWords> =>
  shape.map(({ baseOffset, gapBefore, gapAfter, producer, records, controlKey, ...rest }) => {
    let offset = baseOffset + BigInt(gapBefore) - BigInt(records[0]?.gap ?? 0)
    const placed = records.map(({ gap, ...record }) => {
      offset += BigInt(gap)
      return { offset: String(offset), ...record, key: controlKey ?? record.key }
    })
    const control = controlKey !== null
    const lastOffset = String(offset + BigInt(gapAfter))
    const places = { baseOffset: String(baseOffset), lastOffset, records: placed }
    return { codec, control, ...places, ...producer, ...rest }
  })
