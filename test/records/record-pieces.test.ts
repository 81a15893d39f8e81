import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildPlainBatch, recordBytes } from '../../src/records/record-batch.js'
import { RecordPieces } from '../../src/records/record-pieces.js'
import { type Survey, walkRecords } from '../../src/records/record-walk.js'
import { KafkaError } from '../../src/wire/errors.js'

type Told = readonly [index: number, deltaMs: number, hasKey: boolean]
type Outcome = { readonly survey: Survey; readonly told: readonly Told[] } | 'INVALID_RECORD'

function outcomeOf(walk: (see: (...told: Told) => void) => Survey): Outcome {
  const told: Told[] = []
  try {
    return { survey: walk((...each) => told.push(each)), told }
  } catch (thrown) {
    assert.ok(thrown instanceof KafkaError, String(thrown))
    assert.equal(thrown.errorName, 'INVALID_RECORD')
    return thrown.errorName
  }
}

const inOneBuffer = (bytes: Buffer, count: number): Outcome =>
  outcomeOf(see => walkRecords(bytes, count, see))

const inPieces = (bytes: Buffer, count: number, cuts: readonly number[]): Outcome =>
  outcomeOf(see => {
    const walk = new RecordPieces(count, true, (index, deltaMs, hasKey) => see(index, deltaMs, hasKey))
    const ends = [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
    let at = 0
    for (const end of ends) {
      const piece = Buffer.from(bytes.subarray(at, end))
      walk.push(piece)
      piece.fill(0xff) // a piece may be used again
      at = end
    }
    return walk.finish()
  })

const blob = fc.option(fc.uint8Array({ maxLength: 200 }), { nil: null })
const anyRecord = fc.record({
  timestampMs: fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }),
  key: blob,
  value: blob,
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 5 }), value: blob }), { maxLength: 3 }),
})
const records = fc.array(anyRecord, { minLength: 1, maxLength: 6 })
const cuts = fc.array(fc.nat(5000), { maxLength: 20 })
const bytesOf = (drafts: Parameters<typeof buildPlainBatch>[0]['records']) =>
  Buffer.from(recordBytes(buildPlainBatch({ records: drafts })))

test('records in pieces are read like records in one buffer, wherever they are cut', () => {
  const same = fc.property(records, cuts, (drafts, at) => {
    const bytes = bytesOf(drafts)
    const whole = inOneBuffer(bytes, drafts.length)
    assert.notEqual(whole, 'INVALID_RECORD')
    assert.deepEqual(inPieces(bytes, drafts.length, at), whole)
  })
  fc.assert(same, { numRuns: 500 })
})

test('what is malformed in one buffer is malformed in pieces', () => {
  const change = fc.tuple(fc.nat(5000), fc.nat(255))
  const same = fc.property(
    records,
    cuts,
    change,
    fc.integer({ min: -1, max: 1 }),
    (drafts, at, [where, value], more) => {
      const bytes = bytesOf(drafts)
      bytes[where % bytes.length] = value
      const count = drafts.length + more
      assert.deepEqual(inPieces(bytes, count, at), inOneBuffer(bytes, count))
    },
  )
  fc.assert(same, { numRuns: 3000 })
})

test('offsets may have gaps where they are not asked to be consecutive', () => {
  const timestampMs = 1000n
  const gaps = [0n, 3n, 9n].map(offset => ({ offset, timestampMs, key: null, value: null }))
  const offsets: number[] = []
  const walk = new RecordPieces(3, false, (_, __, ___, offsetDelta) => offsets.push(offsetDelta))
  walk.push(bytesOf(gaps))
  walk.finish()
  assert.deepEqual(offsets, [0, 3, 9])
})
