import fc from 'fast-check'
import { codecs } from '../../src/records/compression/compression.js'
import { type Dialect, dialectOf } from '../../src/wire/schema.js'
import { anyValueOf } from '../../test/wire/arbitrary.js'
import { type Declared, declared, versionsOf } from '../../test/wire/declared.js'
import { valueToJson } from '../../test/wire/message-json.js'
import { anyBatch } from './any-batch.js'
import { kafkaWrites, type UnknownTag, type Written } from './codecs.js'
import { KafkaPipe } from './kafka-pipe.js'

/*
 * Prints test/fixtures/kafka-bytes.json: a few values of every message in every version, and a few
 * record batches, with the bytes that Kafka makes of them. One line each, so that differences can be read.
 */

const seed = 20_260_101
const valuesPerVersion = 2
const batchesPerCodec = 5
/** The most bytes of a value in the fixtures: the file is to stay small. */
const mostBytes = 150
const unknownTags: readonly UnknownTag[] = [
  { tag: 100, bytes: '' },
  { tag: 5000, bytes: 'ff00' },
]

const kafka = KafkaPipe.open()
const messages = await lines(declared, linesOf)
const batches = await lines(Object.values(codecs), batchLines)
console.log(`{\n"messages": [\n${messages}\n],\n"batches": [\n${batches}\n]\n}`)
await kafka.close()

async function lines<T>(of: Iterable<T>, linesOf: (one: T) => Promise<object[]>): Promise<string> {
  const all: object[] = []
  for (const one of of) all.push(...(await linesOf(one)))
  return all.map(line => JSON.stringify(line)).join(',\n')
}

async function linesOf(of: Declared): Promise<object[]> {
  const found: object[] = []
  for (const version of versionsOf(of)) {
    const dialect = dialectOf(of, version)
    for (const value of await smallValues(of, dialect)) {
      const { bytes } = await kafkaWrites(kafka, of, dialect, value)
      const tagged = dialect.flexible ? await kafkaWrites(kafka, of, dialect, value, unknownTags) : {}
      const withUnknownTags = tagged.bytes === undefined ? {} : { withUnknownTags: tagged.bytes }
      found.push({ message: of.name, version, value: valueToJson(of.type, value), bytes, ...withUnknownTags })
    }
  }
  return found
}

/** Chooses among small values those with most content. */
async function smallValues(of: Declared, dialect: Dialect): Promise<unknown[]> {
  const small: unknown[] = []
  for (const value of fc.sample(anyValueOf(of.type, dialect.version), { seed, numRuns: 100 })) {
    const { bytes = '' } = await kafkaWrites(kafka, of, dialect, value)
    if (bytes.length <= 2 * mostBytes) small.push(value)
  }
  const most = (value: unknown) => JSON.stringify(valueToJson(of.type, value)).length
  return small.sort((a, b) => most(b) - most(a)).slice(0, valuesPerVersion)
}

async function batchLines(codec: number): Promise<object[]> {
  const found: object[] = []
  for (const batch of fc.sample(anyBatch(codec), { seed, numRuns: 200 })) {
    const { bytes = '' }: Written = await kafka.ask({ ask: 'build', batch })
    if (bytes.length <= 6 * mostBytes && batch.records.length > 1) found.push({ batch, bytes })
    if (found.length === batchesPerCodec) break
  }
  return found
}
