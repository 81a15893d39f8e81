import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { codecs } from '../../src/records/compression/compression.js'
import { Reader } from '../../src/wire/reader.js'
import { type Dialect, dialectOf, type Type } from '../../src/wire/schema.js'
import { Writer } from '../../src/wire/writer.js'
import { asRead, type BatchWords, batchFromWords, wordsOfBatch } from '../records/batch-words.js'
import { declared } from './declared.js'
import { valueFromJson } from './message-json.js'

/** The bytes that kafka-clients makes of values; `npm run fixtures` asks it and prints them. */
interface KafkaBytes {
  readonly messages: readonly {
    readonly message: string
    readonly version: number
    readonly value: unknown
    readonly bytes: string
    readonly withUnknownTags?: string
  }[]
  readonly batches: readonly { readonly batch: BatchWords; readonly bytes: string }[]
}

const file = new URL('../fixtures/kafka-bytes.json', import.meta.url)
const { messages, batches }: KafkaBytes = JSON.parse(readFileSync(file, 'utf8'))

describe('the bytes of Kafka are written and read', () => {
  for (const { name, type, flexibleSince } of declared) {
    const ofMessage = messages.filter(({ message }) => message === name)
    const skip = ofMessage.length === 0 && 'it is not in the fixtures yet: npm run fixtures'

    test(name, { skip }, () => {
      for (const { version, value, bytes, withUnknownTags } of ofMessage) {
        const dialect = dialectOf({ flexibleSince }, version)
        const expected = valueFromJson(type, value)
        assert.equal(written(type, expected, dialect), bytes, `version ${version}`)
        for (const theirs of [bytes, withUnknownTags ?? bytes]) {
          assert.deepEqual(read(type, theirs, dialect), expected, `version ${version}`)
        }
      }
    })
  }
})

describe('the record batches of Kafka are', () => {
  for (const [name, codec] of Object.entries(codecs)) {
    const ofCodec = batches.filter(({ batch }) => batch.codec === codec)

    test(`read, compressed by ${name}`, async () => {
      assert.ok(ofCodec.length > 0)
      for (const { batch, bytes } of ofCodec) {
        assert.deepEqual(await wordsOfBatch(Buffer.from(bytes, 'hex')), asRead(batch))
      }
    })
  }

  test('written, where they are not compressed', async () => {
    for (const { batch, bytes } of batches) {
      if (batch.codec !== codecs.none || batch.deleteHorizonMs !== null) continue
      assert.equal((await batchFromWords(batch)).toString('hex'), bytes)
    }
  })
})

function written(type: Type<unknown>, value: unknown, dialect: Dialect): string {
  const writer = new Writer()
  type.write(writer, value, dialect)
  return writer.finish().toString('hex')
}

function read(type: Type<unknown>, bytes: string, dialect: Dialect): unknown {
  const reader = new Reader(Buffer.from(bytes, 'hex'))
  const value = type.read(reader, dialect)
  assert.equal(reader.remaining, 0)
  return value
}
