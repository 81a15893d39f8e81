import assert from 'node:assert/strict'
import { test } from 'node:test'
import { portions } from '../../src/net/portions.js'

const mebibyte = 1024 * 1024

test('a small reply is one portion behind its length', () => {
  const all = [...portions([Buffer.from('ab'), Buffer.from('c')])]
  assert.deepEqual(
    all.map(portion => Buffer.concat(portion).toString('latin1')),
    ['\0\0\0\x03abc'],
  )
})

test('a large reply comes in portions of bounded size that together are the reply, in order', () => {
  const chunks = [300_000, 2_500_000, 10, 1_000_000].map((size, i) => Buffer.alloc(size, i + 1))
  const all = [...portions(chunks)].map(portion => Buffer.concat(portion))
  assert.ok(all.every(portion => portion.length <= mebibyte + 4))
  const whole = Buffer.concat(all)
  assert.equal(whole.readInt32BE(0), 3_800_010)
  assert.ok(whole.subarray(4).equals(Buffer.concat(chunks)))
})

test('chunks are handed on, not copied', () => {
  const chunk = Buffer.alloc(3 * mebibyte)
  const parts = [...portions([chunk])].flat().slice(1)
  assert.ok(parts.length > 2)
  assert.ok(parts.every(part => part.buffer === chunk.buffer))
})

test('an empty reply is a length of zero', () => {
  assert.deepEqual(Buffer.concat([...portions([])].flat()), Buffer.alloc(4))
})
