import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MalformedMessage, Reader } from '../../src/wire/reader.js'
import {
  array,
  bool,
  bytes,
  ignorable,
  int16,
  int32,
  nullable,
  nullableStruct,
  optional,
  since,
  string,
  struct,
  type Type,
  tagged,
  until,
} from '../../src/wire/schema.js'
import { Writer } from '../../src/wire/writer.js'

const plain = { version: 0, flexible: false }
const flexible = { version: 0, flexible: true }

function encode<In>(type: Type<unknown, In>, value: In, dialect = flexible): string {
  const writer = new Writer()
  type.write(writer, value, dialect)
  return writer.finish().toString('hex')
}

const decode = <Out>(type: Type<Out>, hex: string, dialect = flexible): Out =>
  type.read(new Reader(Buffer.from(hex, 'hex')), dialect)

const varint = (value: number): string => {
  const writer = new Writer()
  writer.unsignedVarint(value)
  return writer.finish().toString('hex')
}

describe('lengths', () => {
  const lying: [what: string, type: Type<unknown>, hex: string, dialect: typeof plain][] = [
    ['a string', string, '7fff61', plain],
    ['a compact string', string, '0361', flexible],
    ['bytes', bytes, '7fffffff00', plain],
    ['compact bytes', bytes, 'ffffffff0f00', flexible],
    ['an array', array(int16), '000000030001', plain],
    ['a compact array', array(int16), '040001', flexible],
    ['a nullable string', nullable(string), '000261', plain],
  ]
  for (const [what, type, hex, dialect] of lying) {
    test(`${what} cannot claim more than there is`, () => {
      assert.throws(() => decode(type, hex, dialect), MalformedMessage)
    })
  }

  test('an array has at most a million elements', () => {
    const million = `${varint(1_000_001)}${'01'.repeat(1_000_000)}`
    assert.equal(decode(array(bool), million).length, 1_000_000)
    const more = `${varint(1_000_002)}${'01'.repeat(1_000_001)}`
    assert.throws(() => decode(array(bool), more), /an array of 1000001 elements/)
  })

  test('a struct has at most ten thousand tagged fields', () => {
    const tags = (count: number): string =>
      varint(count) + Array.from({ length: count }, (_, tag) => `${varint(tag)}00`).join('')
    assert.deepEqual(decode(struct({}), tags(10_000)), {})
    assert.throws(() => decode(struct({}), tags(10_001)), /10001 tagged fields/)
  })

  test('a varint ends after 5 bytes', () => {
    assert.throws(() => decode(string, 'ffffffffff01'), /a varint of more than 5 bytes/)
  })

  test('null is refused where it may not be, and in versions where it may not be yet', () => {
    assert.throws(() => decode(string, 'ffff', plain), /null for a string/)
    assert.throws(() => decode(string, '00'), /null for a string/)
    const later = nullable(string, 3)
    assert.throws(() => decode(later, 'ffff', plain), /before version 3/)
    assert.throws(() => encode(later, null, plain), /before version 3/)
    assert.equal(decode(later, 'ffff', { version: 3, flexible: false }), null)
  })

  test('a string has at most 32767 bytes, also where its length could say more', () => {
    for (const dialect of [plain, flexible]) {
      const longest = encode(string, 'x'.repeat(32_767), dialect)
      assert.equal(decode(string, longest, dialect).length, 32_767)
      assert.throws(() => encode(string, 'x'.repeat(32_768), dialect), RangeError)
    }
    const longer = varint(32_769) + '78'.repeat(32_768)
    assert.throws(() => decode(string, longer), /a string of 32768 bytes/)
  })

  test('bytes that are no UTF-8 are read as replacement characters, unless the string could not be sent then', () => {
    assert.equal(decode(string, `${varint(2)}ff`), '\ufffd')
    const tooLong = `${varint(32_768)}ff${'78'.repeat(32_766)}`
    assert.throws(() => decode(string, tooLong), /a string that is no UTF-8/)
  })

  test('a length beyond an int32 is negative, and so null', () => {
    assert.equal(decode(nullable(string), varint(0xffffffff)), null)
    assert.throws(() => decode(nullable(string), varint(0x80000000)), /a length of 2147483647/)
  })
})

describe('tagged fields', () => {
  const type = struct({ a: int16, t: tagged(1, 0, int32), u: tagged(3, 0, string, 'x') })

  test('are sent in the order of their tags, and only when they differ from their default', () => {
    assert.equal(encode(type, { a: 5 }), '000500')
    assert.equal(encode(type, { a: 5, t: 0, u: 'x' }), '000500')
    assert.equal(encode(type, { a: 5, u: 'y', t: 7 }), '0005' + '02' + '010400000007' + '03020279')
  })

  test('that are not known are passed over', () => {
    assert.deepEqual(decode(type, `0005${'03'}${'0003ffffff'}${'010400000007'}${'0900'}`), {
      a: 5,
      t: 7,
      u: 'x',
    })
  })

  test('come in any order, and count as often as they come', () => {
    const value = { a: 5, t: 8, u: 'y' }
    assert.deepEqual(decode(type, `0005${'03'}${'03020279'}${'010400000007'}${'010400000008'}`), value)
  })

  test('end where their values end, whatever their sizes', () => {
    assert.deepEqual(decode(type, `0005${'01'}${'010000000007'}`), { a: 5, t: 7, u: 'x' })
  })

  test('that are known in another version only are refused', () => {
    const later = struct({ v: tagged(2, 1, int32) })
    assert.throws(() => decode(later, `01${'020400000007'}`), /tag 2 in version 0/)
    assert.deepEqual(decode(later, `01${'020400000007'}`, { version: 1, flexible: true }), { v: 7 })
  })

  test('cannot claim more bytes than there are', () => {
    assert.throws(() => decode(type, `0005${'01'}${'097f00'}`), MalformedMessage)
  })

  test('are not there in versions that are not flexible', () => {
    assert.deepEqual(decode(type, '0005', plain), { a: 5, t: 0, u: 'x' })
  })
})

describe('versions', () => {
  const type = struct({
    old: until(1, int16),
    young: since(2, int16, -1),
    kind: ignorable(since(2, int16)),
    free: optional(nullable(string), ''),
  })
  const one = { version: 1, flexible: false }
  const two = { version: 2, flexible: false }

  test('reading fills in the defaults of what a version lacks', () => {
    assert.deepEqual(decode(type, '00070000', one), { old: 7, young: -1, kind: 0, free: '' })
    assert.deepEqual(decode(type, '00070008ffff', two), { old: 0, young: 7, kind: 8, free: null })
  })

  test('writing leaves out what a version lacks', () => {
    assert.equal(encode(type, { old: 7, young: -1, kind: 8 }, one), '00070000')
  })

  test('writing refuses to drop a value that matters', () => {
    assert.throws(() => encode(type, { young: 3 }, one), /young has a value, but version 1 cannot carry it/)
    assert.throws(() => encode(type, { old: 3 }, two), /old has a value/)
  })
})

test('a nullable struct is preceded by a byte that tells whether it is there', () => {
  const type = nullableStruct({ a: int16 })
  assert.equal(encode(type, null), 'ff')
  assert.equal(encode(type, { a: 5 }), '01000500')
  assert.equal(decode(type, 'ff'), null)
  assert.deepEqual(decode(type, '01000500'), { a: 5 })
})
