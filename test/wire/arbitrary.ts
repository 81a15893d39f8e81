import fc from 'fast-check'
import type { Fields, Type } from '../../src/wire/schema.js'

type AnyType = Type<unknown>

/** Any value that a declared type can carry in a version; what the version lacks has its default. */
export function anyValueOf(type: AnyType, version: number): fc.Arbitrary<unknown> {
  return wished(type, { version, strays: false })
}

/** The same, but what the version cannot carry, be it a field, a null or a long string, may be there as well. */
export function anyDraftOf(type: AnyType, version: number): fc.Arbitrary<unknown> {
  return wished(type, { version, strays: true })
}

interface Wish {
  readonly version: number
  readonly strays: boolean
}

function wished(type: AnyType, wish: Wish): fc.Arbitrary<unknown> {
  const { nullableFrom } = type.shape
  const value = presentValueOf(type, wish)
  const nullable = nullableFrom !== undefined && (wish.strays || wish.version >= nullableFrom)
  return nullable ? fc.option(value, { freq: 5 }) : value
}

const integer = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })

/** Lengths at which the length itself grows by a byte, or at which the writer stops copying. */
const longStrings = [127, 128, 16_383, 32_767].map(length => 'x'.repeat(length))
const longBytes = [127, 128, 1024, 1025, 16_384].map(length => Buffer.alloc(length, 'x'))
const oddStrings = ['\0', '\ufeffa', '\u{10ffff}', 'e\u0301', '\ud7ff\ue000', '漢字', ' ', '$0\\"\n']

const text = fc.oneof(
  { weight: 200, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 20, arbitrary: fc.constantFrom('', ...oddStrings) },
  { weight: 1, arbitrary: fc.constantFrom(...longStrings) },
)
const tooLong = { weight: 1, arbitrary: fc.constant('x'.repeat(32_768)) }
const byteString = fc.oneof(
  { weight: 100, arbitrary: fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.constantFrom(...longBytes) },
)
const noUuid = 'A'.repeat(22)
const uuid = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map(bytes => Buffer.from(bytes).toString('base64url')),
  },
  { weight: 1, arbitrary: fc.constant(noUuid) },
)

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  int8: integer(8),
  int16: integer(16),
  uint16: fc.nat(65535),
  int32: integer(32),
  uint32: fc.nat(0xffffffff),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float64: fc.double({ noNaN: true }),
  bool: fc.boolean(),
  string: text,
  bytes: byteString,
  records: byteString,
  uuid,
}

function presentValueOf(type: AnyType, wish: Wish): fc.Arbitrary<unknown> {
  const { kind, item, fields } = type.shape
  if (kind === 'array') return arrayOf(item as AnyType, wish)
  if (kind === 'struct') return structOf(fields as Fields, wish)
  if (kind === 'string' && wish.strays) return fc.oneof({ weight: 500, arbitrary: text }, tooLong)
  const scalar = scalars[kind]
  if (!scalar) throw new Error(`no values of type ${kind}`)
  return scalar
}

/** Rarely so many scalars that their number needs a second byte. */
function arrayOf(item: AnyType, wish: Wish): fc.Arbitrary<unknown> {
  const one = wished(item, wish)
  const few = fc.array(one, { maxLength: 3 })
  if (item.shape.kind === 'struct') return few
  const many = fc.array(one, { minLength: 126, maxLength: 129, size: 'max' })
  return fc.oneof({ weight: 100, arbitrary: few }, { weight: 1, arbitrary: many })
}

/** A field has its default now and then: tagged fields and those that a version lacks depend on it. */
function structOf(fields: Fields, wish: Wish): fc.Arbitrary<unknown> {
  const values = Object.entries(fields).map(([name, type]) => {
    const present = type.since <= wish.version && wish.version <= type.until
    const usual = fc.constant(type.initial)
    if (!present && !wish.strays) return [name, usual] as const
    const weight = present ? 1 : 20
    const value = fc.oneof({ weight: 5, arbitrary: wished(type, wish) }, { weight, arbitrary: usual })
    return [name, value] as const
  })
  return fc.record(Object.fromEntries(values), { noNullPrototype: true })
}
