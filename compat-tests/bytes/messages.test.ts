import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { Reader } from '../../src/wire/reader.js'
import { type Dialect, dialectOf } from '../../src/wire/schema.js'
import { Writer } from '../../src/wire/writer.js'
import { randomRuns } from '../../test/support/random-runs.js'
import { anyDraftOf, anyValueOf } from '../../test/wire/arbitrary.js'
import { type Declared, declared, versionsOf } from '../../test/wire/declared.js'
import { valueFromJson, valueToJson } from '../../test/wire/message-json.js'
import { KafkaPipe, noKafka } from './kafka-pipe.js'

const runs = randomRuns(20, 500)
let kafka: KafkaPipe

before(() => {
  if (!noKafka) kafka = KafkaPipe.open()
})
after(() => kafka?.close())

interface Encoded {
  readonly bytes?: string
  readonly refused?: string
}
interface KafkaDecoded {
  readonly value?: unknown
  readonly left?: number
  readonly refused?: string
}

const kafkaEncode = (of: Declared, version: number, value: unknown, tags: object[] = []): Promise<Encoded> =>
  kafka.ask({ ask: 'encode', message: of.name, version, value: valueToJson(of.type, value), tags })

const kafkaDecode = (of: Declared, version: number, bytes: string): Promise<KafkaDecoded> =>
  kafka.ask({ ask: 'decode', message: of.name, version, bytes })

function encode({ type }: Declared, dialect: Dialect, value: unknown): Buffer {
  const writer = new Writer()
  type.write(writer, value, dialect)
  return writer.finish()
}

function encodeOrRefuse(of: Declared, dialect: Dialect, value: unknown): Encoded {
  try {
    return { bytes: encode(of, dialect, value).toString('hex') }
  } catch (error) {
    assert.ok(error instanceof RangeError, error as Error)
    return { refused: error.message }
  }
}

function decode({ type }: Declared, dialect: Dialect, bytes: string): unknown {
  const reader = new Reader(Buffer.from(bytes, 'hex'))
  const value = type.read(reader, dialect)
  assert.equal(reader.remaining, 0)
  return value
}

/** Every version of a message for random values of it. */
function inEveryVersion(
  of: Declared,
  valuesOf: typeof anyValueOf,
  holds: (value: unknown, dialect: Dialect) => Promise<void>,
): Promise<void>[] {
  return versionsOf(of).map(version => {
    const property = fc.asyncProperty(valuesOf(of.type, version), value =>
      holds(value, dialectOf(of, version)),
    )
    return fc.assert(property, runs)
  })
}

describe('Kafka writes the same bytes and reads the same values', { skip: noKafka }, () => {
  for (const of of declared) {
    test(of.name, async () => {
      await Promise.all(
        inEveryVersion(of, anyValueOf, async (value, dialect) => {
          const ours = encode(of, dialect, value).toString('hex')
          const theirs = await kafkaEncode(of, dialect.version, value)
          assert.deepEqual(theirs, { bytes: ours })
          const read = await kafkaDecode(of, dialect.version, ours)
          assert.equal(read.left, 0)
          assert.deepEqual(decode(of, dialect, ours), valueFromJson(of.type, read.value))
        }),
      )
    })
  }
})

describe('what a version cannot carry is refused or left out as by Kafka', { skip: noKafka }, () => {
  for (const of of declared) {
    test(of.name, async () => {
      await Promise.all(
        inEveryVersion(of, anyDraftOf, async (value, dialect) => {
          const ours = encodeOrRefuse(of, dialect, value)
          const theirs = await kafkaEncode(of, dialect.version, value)
          assert.equal(ours.bytes, theirs.bytes, `Kafka: ${theirs.refused}, Ottla: ${ours.refused}`)
        }),
      )
    })
  }
})

/** Greater than any tag that is known, in one byte and in two. */
const unknownTags = [
  { tag: 100, bytes: '' },
  { tag: 5000, bytes: 'ff00' },
]

describe('tagged fields that are not known are passed over', { skip: noKafka }, () => {
  for (const of of declared.filter(({ flexibleSince, versions }) => flexibleSince <= versions[1])) {
    test(of.name, async () => {
      await Promise.all(
        inEveryVersion(of, anyValueOf, async (value, dialect) => {
          if (!dialect.flexible) return
          const { bytes = '' } = await kafkaEncode(of, dialect.version, value, unknownTags)
          const known = encode(of, dialect, value).toString('hex')
          assert.notEqual(bytes, known)
          assert.deepEqual(decode(of, dialect, bytes), decode(of, dialect, known))
        }),
      )
    })
  }
})
