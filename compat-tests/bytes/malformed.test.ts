import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { MalformedMessage, Reader } from '../../src/wire/reader.js'
import { type Dialect, dialectOf } from '../../src/wire/schema.js'
import { Writer } from '../../src/wire/writer.js'
import { randomRuns } from '../../test/support/random-runs.js'
import { anyValueOf } from '../../test/wire/arbitrary.js'
import { type Declared, declared, versionsOf } from '../../test/wire/declared.js'
import { valueFromJson } from '../../test/wire/message-json.js'
import { KafkaPipe, noKafka } from './kafka-pipe.js'

const runs = randomRuns(20, 500)
let kafka: KafkaPipe

before(() => {
  if (!noKafka) kafka = KafkaPipe.open()
})
after(() => kafka?.close())

interface Read {
  readonly value?: unknown
  readonly left?: number
  readonly refused?: string
}

function ottlaReads({ type }: Declared, dialect: Dialect, bytes: Buffer): Read {
  try {
    const reader = new Reader(bytes)
    const value = type.read(reader, dialect)
    return { value: replaced(value), left: reader.remaining }
  } catch (error) {
    assert.ok(error instanceof MalformedMessage, error as Error)
    return { refused: error.message }
  }
}

async function kafkaReads(of: Declared, { version }: Dialect, bytes: Buffer): Promise<Read> {
  const answer = await kafka.ask<Read>({
    ask: 'decode',
    message: of.name,
    version,
    bytes: bytes.toString('hex'),
  })
  return 'refused' in answer
    ? answer
    : { ...answer, value: replaced(valueFromJson(of.type, (answer as Read).value)) }
}

/**
 * Bytes that are no UTF-8 become replacement characters in both, but not the same number: Java has one
 * for the three bytes of a surrogate, Node three. Names of this kind are refused anyway.
 */
function replaced(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\ufffd+/g, '\ufffd')
  if (Array.isArray(value)) return value.map(replaced)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, replaced(field)]))
}

interface Damage {
  readonly at: number
  readonly cut: number
  readonly insert: Uint8Array
}

const anyByte = fc.oneof(fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff), fc.nat(255))
const anyDamage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(10_000),
  cut: fc.nat(4),
  insert: fc.array(anyByte, { maxLength: 4 }).map(bytes => Uint8Array.from(bytes)),
})

function damaged(bytes: Buffer, damages: readonly Damage[]): Buffer {
  let result = bytes
  for (const { at, cut, insert } of damages) {
    const place = result.length === 0 ? 0 : at % result.length
    result = Buffer.concat([result.subarray(0, place), insert, result.subarray(place + cut)])
  }
  return result
}

function encode({ type }: Declared, dialect: Dialect, value: unknown): Buffer {
  const writer = new Writer()
  type.write(writer, value, dialect)
  return writer.finish()
}

describe('damaged bytes are refused where Kafka refuses them, else read as by Kafka', {
  skip: noKafka,
}, () => {
  for (const of of declared) {
    test(of.name, async () => {
      await Promise.all(
        versionsOf(of).map(version => {
          const dialect = dialectOf(of, version)
          const damages = fc.array(anyDamage, { minLength: 1, maxLength: 3 })
          const property = fc.asyncProperty(anyValueOf(of.type, version), damages, async (value, damages) => {
            const bytes = damaged(encode(of, dialect, value), damages)
            const ours = ottlaReads(of, dialect, bytes)
            const theirs = await kafkaReads(of, dialect, bytes)
            if (ours.refused !== undefined && theirs.refused !== undefined) return
            assert.deepEqual(ours, theirs, bytes.toString('hex'))
          })
          return fc.assert(property, runs)
        }),
      )
    })
  }
})
