import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { codecs, compress } from '../../src/records/compression/compression.js'
import { Inflater } from '../../src/records/inflater.js'
import { recordBytes, recordCount } from '../../src/records/record-batch.js'
import { walkRecords } from '../../src/records/record-walk.js'
import { KafkaError } from '../../src/wire/errors.js'
import { inflater } from '../support/inflater.js'
import { randomRuns } from '../support/random-runs.js'
import { bomb, mebibyte, plainBatch, withPayload } from './bombs.js'

const compressing = Object.entries(codecs).filter(([name]) => name !== 'none')
const walked = { areConsecutive: true }

for (const [name, codec] of Object.entries(codecs)) {
  for (const size of [1000, 5 * mebibyte]) {
    test(`records are looked through: ${name}, ${size} bytes`, async () => {
      const plain = plainBatch(size)
      const packed = withPayload(plain, codec, await compress(codec, recordBytes(plain)))
      const expected = walkRecords(recordBytes(plain), recordCount(plain))
      assert.deepEqual(await inflater().walk(packed, walked), expected)
      const whole = await inflater().withWhole(packed, async records => Buffer.from(records))
      assert.ok(whole.equals(recordBytes(plain)))
    })
  }
}

describe('a batch that is more than the limit when it is inflated is MESSAGE_TOO_LARGE', () => {
  const limited = new Inflater({ mostBatchBytes: 8 * mebibyte, memoryBytes: 64 * mebibyte })
  for (const [name, codec] of compressing) {
    test(`${name}, at the byte`, async () => {
      const record = recordBytes(await bomb(codecs.none, 8 * mebibyte)).length - 8 * mebibyte
      const fits = await bomb(codec, 8 * mebibyte - record)
      const tooLarge = await bomb(codec, 8 * mebibyte - record + 1)
      await limited.walk(fits, walked)
      await limited.withWhole(fits, async records => assert.equal(records.length, 8 * mebibyte))
      await assert.rejects(limited.walk(tooLarge, walked), { errorName: 'MESSAGE_TOO_LARGE' })
      await assert.rejects(
        limited.withWhole(tooLarge, async () => assert.fail('it was used')),
        { errorName: 'MESSAGE_TOO_LARGE' },
      )
    })
  }
})

test('a gigabyte that zstd packs into a few kilobytes is refused before anything is inflated', async () => {
  const gigabyte = await bomb(codecs.zstd, 1000 * mebibyte)
  assert.ok(gigabyte.length < 40_000)
  const before = process.cpuUsage()
  await assert.rejects(inflater().walk(gigabyte, walked), { errorName: 'MESSAGE_TOO_LARGE' })
  const { user, system } = process.cpuUsage(before)
  assert.ok(user + system < 100_000, `it took ${user + system} us`)
})

test('what comes behind the record that was looked for is not inflated', async () => {
  const plain = plainBatch(5 * mebibyte)
  const packed = await compress(codecs.gzip, recordBytes(plain))
  const cutOff = withPayload(plain, codecs.gzip, packed.subarray(0, packed.length - 5000))
  let seen = 0
  const see = () => {
    seen += 1
  }
  await inflater().walk(cutOff, { ...walked, see, isEnough: () => seen >= 10 })
  await assert.rejects(inflater().walk(cutOff, walked), { errorName: 'INVALID_RECORD' })
})

test('batches have their turns where together they would take more memory than they may', async () => {
  const narrow = new Inflater({ mostBatchBytes: mebibyte, memoryBytes: 1 })
  const batch = withPayload(
    plainBatch(1000),
    codecs.gzip,
    await compress(codecs.gzip, recordBytes(plainBatch(1000))),
  )
  const begun: number[] = []
  const ended: number[] = []
  const walk = async (i: number) => {
    await narrow.walk(batch, { ...walked, see: () => begun.includes(i) || begun.push(i) })
    ended.push(i)
  }
  const all = [0, 1, 2].map(walk)
  assert.equal(narrow.waiting, 2)
  await Promise.all(all)
  assert.deepEqual([begun, ended, narrow.waiting], [[0, 1, 2], [0, 1, 2], 0])
})

describe('bytes that a codec did not write end as INVALID_RECORD or as records, never worse', () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('set'), at: fc.nat(), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant('cut'), at: fc.nat(), byte: fc.constant(0) }),
    fc.record({ kind: fc.constant('garbage'), at: fc.nat(), byte: fc.nat(255) }),
  )
  const changed = (bytes: Buffer, { kind, at, byte }: { kind: string; at: number; byte: number }): Buffer => {
    const copy = Buffer.from(bytes)
    const place = at % copy.length
    if (kind === 'cut') return copy.subarray(0, place)
    if (kind === 'set') copy[place] = byte
    else for (let i = place; i < Math.min(copy.length, place + 50); i++) copy[i] = (byte * i) % 251
    return copy
  }

  for (const [name, codec] of compressing) {
    test(`${name}`, async () => {
      const shared = inflater()
      const plains = [plainBatch(2000), plainBatch(1.5 * mebibyte)]
      const packed = await Promise.all(plains.map(plain => compress(codec, recordBytes(plain))))
      const harmless = fc.asyncProperty(
        fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        async (which, changes) => {
          const payload = changes.reduce(
            (bytes, each) => (bytes.length ? changed(bytes, each) : bytes),
            packed[which] as Buffer,
          )
          const batch = withPayload(plains[which] as Buffer, codec, payload)
          try {
            await shared.walk(batch, walked)
          } catch (thrown) {
            assert.ok(thrown instanceof KafkaError, String((thrown as Error).stack))
            assert.match(thrown.errorName, /^(INVALID_RECORD|MESSAGE_TOO_LARGE)$/)
          }
          assert.equal(shared.waiting, 0)
        },
      )
      await fc.assert(harmless, { ...randomRuns(150, 10_000), includeErrorInReport: true })
    })
  }
})

test('a holder of a large batch leaves the rest of the budget to others', async () => {
  const shared = new Inflater({ mostBatchBytes: 16 * mebibyte, memoryBytes: 64 * mebibyte })
  const packed = async (bytes: number) => {
    const plain = plainBatch(bytes)
    return withPayload(plain, codecs.gzip, await compress(codecs.gzip, recordBytes(plain)))
  }
  const [large, small] = [await packed(3 * mebibyte), await packed(1000)]
  await shared.withWhole(large, async () => {
    await shared.walk(small, walked)
  })
})
