import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MalformedMessage, Reader } from '../../src/wire/reader.js'
import { type Dialect, dialectOf } from '../../src/wire/schema.js'
import { Writer } from '../../src/wire/writer.js'
import { randomRuns } from '../../test/support/random-runs.js'
import type { anyValueOf } from '../../test/wire/arbitrary.js'
import { type Declared, versionsOf } from '../../test/wire/declared.js'
import { valueFromJson, valueToJson } from '../../test/wire/message-json.js'
import type { KafkaPipe } from './kafka-pipe.js'

/** The bytes of a value in hex, or the reason why it has none. */
export interface Written {
  readonly bytes?: string
  readonly refused?: string
}

/** The value of bytes and the number of bytes left over, or the reason why they have none. */
export interface Read {
  readonly value?: unknown
  readonly left?: number
  readonly refused?: string
}

/** A tagged field that is in no declaration. */
export interface UnknownTag {
  readonly tag: number
  readonly bytes: string
}

export function ottlaWrites({ type }: Declared, dialect: Dialect, value: unknown): Written {
  const writer = new Writer()
  try {
    type.write(writer, value, dialect)
  } catch (error) {
    assert.ok(error instanceof RangeError, error as Error)
    return { refused: error.message }
  }
  return { bytes: writer.finish().toString('hex') }
}

export function ottlaReads({ type }: Declared, dialect: Dialect, bytes: string): Read {
  const reader = new Reader(Buffer.from(bytes, 'hex'))
  try {
    const value = type.read(reader, dialect)
    return { value, left: reader.remaining }
  } catch (error) {
    assert.ok(error instanceof MalformedMessage, error as Error)
    return { refused: error.message }
  }
}

/** The tags go into every struct that has a value other than its default. */
export function kafkaWrites(
  kafka: KafkaPipe,
  { name, type }: Declared,
  { version }: Dialect,
  value: unknown,
  tags: readonly UnknownTag[] = [],
): Promise<Written> {
  return kafka.ask({ ask: 'encode', message: name, version, value: valueToJson(type, value), tags })
}

export async function kafkaReads(
  kafka: KafkaPipe,
  { name, type }: Declared,
  { version }: Dialect,
  bytes: string,
): Promise<Read> {
  const answer: Read = await kafka.ask({ ask: 'decode', message: name, version, bytes })
  return answer.refused === undefined ? { ...answer, value: valueFromJson(type, answer.value) } : answer
}

const runs = randomRuns(20, 500)

/** Holds for random values in every version of a message. */
export async function inEveryVersion(
  of: Declared,
  valuesOf: typeof anyValueOf,
  holds: (value: unknown, dialect: Dialect) => Promise<void>,
): Promise<void> {
  for (const version of versionsOf(of)) {
    const dialect = dialectOf(of, version)
    const property = fc.asyncProperty(valuesOf(of.type, version), value => holds(value, dialect))
    await fc.assert(property, runs)
  }
}
