import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Writer } from '../../src/wire/writer.js'

const large = Buffer.alloc(2000, 'x')

test('whatever follows large bytes is written whole when the buffer must grow for it', () => {
  const pieces: [what: string, write: (writer: Writer) => void, bytes: string][] = [
    ['a string', w => w.string('y'.repeat(300), 300), 'y'.repeat(300)],
    ['bytes', w => w.bytes(Buffer.alloc(300, 'y')), 'y'.repeat(300)],
    ['an int32', w => w.int32(0x79797979), 'yyyy'],
    ['a varint', w => w.unsignedVarint(0x79), 'y'],
    ['a varlong', w => w.varlong(-61n), 'y'],
  ]
  for (const [what, write, bytes] of pieces) {
    const writer = new Writer(8)
    writer.bytes(Buffer.from('abcdefg'))
    writer.bytes(large)
    writer.int8(0x7a)
    write(writer)
    assert.equal(writer.length, 7 + large.length + 1 + bytes.length, what)
    assert.equal(writer.finish().toString(), `abcdefg${large}z${bytes}`, what)
  }
})

test('large bytes are not copied', () => {
  const writer = new Writer()
  writer.int8(1)
  writer.bytes(large)
  writer.int8(2)
  assert.equal(writer.chunks()[1], large)
})

test('texts are written as UTF-8, short or long, of whatever characters', () => {
  for (const text of [
    '',
    'a',
    'orders',
    'Käse',
    '\u007f\u0080',
    '€',
    'x'.repeat(24),
    'x'.repeat(25),
    `${'x'.repeat(21)}€`,
    '\ud800',
  ]) {
    const writer = new Writer(4)
    writer.string('before', 6)
    writer.string(text, Buffer.byteLength(text))
    writer.int8(0x7a)
    assert.deepEqual(writer.finish(), Buffer.from(`before${text}z`), text)
  }
})
