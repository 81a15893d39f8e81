import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { codecs, compress } from '../../src/records/compression/compression.js'
import { buildPlainBatch, recordBytes } from '../../src/records/record-batch.js'
import { withPayload } from '../records/bombs.js'
import { errorNameOf } from '../support/error-name.js'
import { record } from '../support/log-world.js'
import { randomRuns } from '../support/random-runs.js'
import { ServedBroker } from '../support/served-broker.js'

const compressing = Object.values(codecs).filter(codec => codec !== codecs.none)
const place = fc.double({ min: 0, max: 0.999_999, noNaN: true })
const damage = fc.oneof(
  fc.record({ kind: fc.constant('none' as const) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('garbage' as const), bytes: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({
    kind: fc.constant('garbage behind' as const),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 30 }),
  }),
)
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never

function damaged(payload: Buffer, how: Damage): Buffer {
  const copy = Buffer.from(payload)
  switch (how.kind) {
    case 'none':
      return copy
    case 'cut':
      return copy.subarray(0, Math.floor(how.at * copy.length))
    case 'flip': {
      const at = Math.floor(how.at * copy.length)
      copy[at] = (copy[at] as number) ^ (1 << how.bit)
      return copy
    }
    case 'garbage':
      return Buffer.from(how.bytes)
    case 'garbage behind':
      return Buffer.concat([copy, how.bytes])
  }
}

/** Kafka's answers where it does not expect what it finds, where records are malformed, and where all is well. */
const answers = /^(NONE|UNKNOWN_SERVER_ERROR|INVALID_RECORD|INVALID_TIMESTAMP|MESSAGE_TOO_LARGE)$/

test('compressed records of whatever bytes are answered, and what is taken can be read', async () => {
  const bugs: unknown[] = []
  const logger = { debug() {}, info() {}, warn() {}, error: (...said: unknown[]) => void bugs.push(said) }
  await using served = await ServedBroker.open({ logger })
  await served.create('compacted', {
    'cleanup.policy': 'compact',
    'message.timestamp.after.max.ms': '9000000000000',
  })
  const plain = buildPlainBatch({
    records: Array.from({ length: 50 }, (_, i) => record(`value ${i * i}`, Date.now() + i, `key ${i}`)),
  })
  const payloads = await Promise.all(compressing.map(codec => compress(codec, recordBytes(plain))))
  const property = fc.asyncProperty(fc.nat(compressing.length - 1), damage, async (which, how) => {
    const batch = withPayload(plain, compressing[which] as number, damaged(payloads[which] as Buffer, how))
    const { errorCode, baseOffset } = await served.produce('compacted', batch)
    assert.match(errorNameOf(errorCode), answers)
    assert.deepEqual(bugs.splice(0), [])
    if (errorCode === 0) assert.equal((await served.values('compacted', baseOffset)).length, 50)
  })
  await fc.assert(property, { ...randomRuns(400, 20_000), includeErrorInReport: true })
})
