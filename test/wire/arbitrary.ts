import fc from 'fast-check'
import type { Fields, Type } from '../../src/wire/schema.js'

type AnyType = Type<unknown>

/** Any value that a declared type can carry in a version; what the version lacks has its default. */
export function anyValueOf(type: AnyType, version: number): fc.Arbitrary<unknown> {
  const { nullableFrom } = type.shape
  const value = presentValueOf(type, version)
  return nullableFrom !== undefined && version >= nullableFrom ? fc.option(value, { freq: 5 }) : value
}

const integer = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
const byteString = fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes))

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  int8: integer(8),
  int16: integer(16),
  uint16: fc.nat(65535),
  int32: integer(32),
  uint32: fc.nat(0xffffffff),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float64: fc.double({ noNaN: true }),
  bool: fc.boolean(),
  string: fc.string({ unit: 'grapheme', maxLength: 20 }),
  bytes: byteString,
  records: byteString,
  uuid: fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map(bytes => Buffer.from(bytes).toString('base64url')),
}

function presentValueOf(type: AnyType, version: number): fc.Arbitrary<unknown> {
  const { kind, item, fields } = type.shape
  if (kind === 'array') return fc.array(anyValueOf(item as AnyType, version), { maxLength: 3 })
  if (kind === 'struct') return structOf(fields as Fields, version)
  const scalar = scalars[kind]
  if (!scalar) throw new Error(`no values of type ${kind}`)
  return scalar
}

function structOf(fields: Fields, version: number): fc.Arbitrary<unknown> {
  const values = Object.entries(fields).map(([name, type]) => {
    const present = type.since <= version && version <= type.until
    return [name, present ? anyValueOf(type, version) : fc.constant(type.initial)] as const
  })
  return fc.record(Object.fromEntries(values), { noNullPrototype: true })
}
