import assert from 'node:assert/strict'
import { test } from 'node:test'
import portable from 'crc-32/crc32c.js'
import { crc32c } from '../../src/records/crc32c.js'

test('the checksums are those of RFC 3720, B.4', () => {
  const ascending = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
  assert.equal(crc32c(ascending), 0x46dd794e)
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
})

test('the native and the portable checksum are the same at every size', () => {
  crc32c(Buffer.alloc(1 << 20)) // from here on the native one
  for (let size = 0; size < 1000; size += 7) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) & 0xff))
    assert.equal(crc32c(bytes), portable.buf(bytes) >>> 0)
  }
})
