import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseProperties } from '../../src/config/properties.js'

const parsed = (text: string) =>
  Object.fromEntries(parseProperties(text, 'a.properties').map(({ name, value }) => [name, value]))

test('key and value are parted by =, : or space, with space around', () => {
  assert.deepEqual(parsed('a=1\nb : 2\nc 3\nd=\ne\n\tf\t=\t6 '), {
    a: '1',
    b: '2',
    c: '3',
    d: '',
    e: '',
    f: '6 ',
  })
})

test('only the first separator parts, so that addresses may be values', () => {
  assert.deepEqual(parsed('listeners=PLAINTEXT://:9092,B://[::1]:9093'), {
    listeners: 'PLAINTEXT://:9092,B://[::1]:9093',
  })
})

test('lines that begin with # or ! are comments, and empty lines nothing', () => {
  assert.deepEqual(parsed('# a=1\n  ! b=2\n\n   \nc=3 # no comment'), { c: '3 # no comment' })
})

test('a backslash at the end continues a line, without the space that follows', () => {
  assert.deepEqual(parsed('a=1,\\\n    2,\\\r\n\t3\nb=4\\\\\nc=5'), { a: '1,2,3', b: '4\\', c: '5' })
})

test('a line that begins with # is no comment where it continues another', () => {
  assert.deepEqual(parsed('a=1\\\n#2'), { a: '1#2' })
})

test('escapes stand for what Java says, in keys as well', () => {
  assert.deepEqual(parsed('a\\ b\\=c=x\\ty\\u00e9\\q\nw=C\\:\\\\tmp'), { 'a b=c': 'x\tyéq', w: 'C:\\tmp' })
})

test('of a key that is there twice the last value counts', () => {
  assert.deepEqual(parsed('a=1\na=2'), { a: '2' })
})

test('files of Windows and of old Macs are read alike', () => {
  assert.deepEqual(parsed('a=1\r\nb=2\rc=3'), { a: '1', b: '2', c: '3' })
})

test('each setting knows the file and the line where it begins', () => {
  const text = '# a comment\na=1,\\\n  2\n\nb=3'
  assert.deepEqual(
    parseProperties(text, 'a.properties').map(({ place }) => place),
    ['a.properties, line 2', 'a.properties, line 5'],
  )
})

for (const [line, why] of [
  ['=5', 'it has no name before its value'],
  ['a=\\u12', '\\u has to be followed by four hexadecimal digits'],
] as const) {
  test(`the line ${line} is refused with its place`, () => {
    const refused = {
      name: 'ConfigurationError',
      message: `'${line}' in a.properties, line 2 is no setting: ${why}.`,
    }
    assert.throws(() => parseProperties(`b=1\n${line}`, 'a.properties'), refused)
  })
}
