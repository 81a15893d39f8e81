import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { codecs, compress, decompress } from '../../src/records/compression/compression.js'
import { compressPortably, inflatePortably } from '../../src/records/compression/lz4.js'
import * as batch from '../../src/records/record-batch.js'
import { asRead, type BatchWords, batchFromWords, wordsOfBatch } from '../../test/records/batch-words.js'
import { randomRuns } from '../../test/support/random-runs.js'
import { anyBatch } from './any-batch.js'
import type { Written } from './codecs.js'
import { KafkaPipe, noKafka } from './kafka-pipe.js'

const runs = randomRuns(200, 5000)
const mebibyte = 1024 * 1024
let kafka: KafkaPipe

before(() => {
  if (!noKafka) kafka = KafkaPipe.open()
})
after(() => kafka?.close())

async function kafkaBuilds(words: BatchWords): Promise<Buffer> {
  const { bytes, refused }: Written = await kafka.ask({ ask: 'build', batch: words })
  assert.equal(refused, undefined)
  return Buffer.from(bytes as string, 'hex')
}

const kafkaReads = (bytes: Buffer): Promise<unknown> =>
  kafka.ask({ ask: 'read', bytes: bytes.toString('hex') })

const forAny = (codec: number, holds: (words: BatchWords) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(anyBatch(codec), holds), runs) as Promise<void>

describe('record batches', { skip: noKafka }, () => {
  test('without compression are the same bytes as from MemoryRecordsBuilder', () =>
    forAny(codecs.none, async words => {
      const plain = { ...words, deleteHorizonMs: null } // which is the log cleaner's alone
      assert.deepEqual(await batchFromWords(plain), await kafkaBuilds(plain))
    }))

  for (const [name, codec] of Object.entries(codecs)) {
    test(`of ${name} by Kafka are read`, () =>
      forAny(codec, async words => {
        assert.deepEqual(await wordsOfBatch(await kafkaBuilds(words)), asRead(words))
      }))

    test(`of ${name} are read by Kafka`, () =>
      forAny(codec, async words => {
        const plain = { ...words, deleteHorizonMs: null }
        assert.deepEqual(await kafkaReads(await batchFromWords(plain)), { batches: [asRead(plain)] })
      }))
  }
})

/** Bytes of many blocks, some that shrink, some that do not. */
function largeBytes(): Buffer {
  const parts: Buffer[] = []
  let state = 1
  for (let i = 0; i < 60; i++) {
    const random = Buffer.alloc(10_000)
    for (let at = 0; at < random.length; at += 4) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      random.writeUInt32BE(state, at)
    }
    parts.push(random, Buffer.alloc(30_000, `part ${i} `))
  }
  return Buffer.concat(parts)
}

describe('large compressed bytes', { skip: noKafka }, () => {
  const large = largeBytes()

  const decompressedByKafka = async (codec: number, bytes: Buffer): Promise<Buffer> => {
    const question = { ask: 'decompress', codec, bytes: bytes.toString('hex') }
    const answer: Written = await kafka.ask(question)
    assert.equal(answer.refused, undefined)
    return Buffer.from(answer.bytes as string, 'hex')
  }

  for (const [name, codec] of Object.entries(codecs)) {
    test(`of ${name} are understood by Kafka`, async () => {
      assert.ok(large.equals(await decompressedByKafka(codec, await compress(codec, large))))
    })

    test(`of ${name} from Kafka are understood`, async () => {
      const theirs = await kafkaBuilds(largeBatch(codec, large))
      const [record] = await batch.decodeRecords(theirs, 4 * mebibyte)
      assert.ok(record?.value?.equals(large))
    })
  }

  test('of lz4 are understood both ways without the native package', async () => {
    assert.ok(large.equals(await decompressedByKafka(codecs.lz4, compressPortably(large))))
    const body = batch.recordBytes(await kafkaBuilds(largeBatch(codecs.lz4, large)))
    assert.deepEqual(
      Buffer.concat([...inflatePortably(body)]),
      await decompress(codecs.lz4, body, 4 * mebibyte),
    )
  })
})

const largeBatch = (codec: number, value: Buffer): BatchWords => ({
  codec,
  baseOffset: '0',
  lastOffset: '0',
  leaderEpoch: 0,
  producerId: '-1',
  producerEpoch: -1,
  baseSequence: -1,
  transactional: false,
  control: false,
  logAppendTimeMs: null,
  deleteHorizonMs: null,
  records: [{ offset: '0', timestampMs: '5', key: null, value: value.toString('hex'), headers: [] }],
})
