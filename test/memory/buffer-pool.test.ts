import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BufferPool } from '../../src/memory/buffer-pool.js'

const kept = 1 << 20

test('a buffer that was given back is used again, for any length that it has room for', () => {
  const pool = new BufferPool(kept)
  const first = pool.take(16_400)
  pool.give(first)
  const second = pool.take(30_000)
  assert.equal(second.length, 30_000)
  assert.equal(second.buffer, first.buffer)
})

test('a view of a buffer gives back all of it, once', () => {
  const pool = new BufferPool(kept)
  const buffer = pool.take(20_000)
  pool.give(buffer.subarray(5, 10))
  pool.give(buffer)
  assert.equal(pool.take(20_000).buffer, buffer.buffer)
  assert.notEqual(pool.take(20_000).buffer, buffer.buffer)
})

test('a buffer that was not given back is used by no other', () => {
  const pool = new BufferPool(kept)
  assert.notEqual(pool.take(20_000).buffer, pool.take(20_000).buffer)
})

test('buffers of others, small and huge ones are not kept', () => {
  const pool = new BufferPool(kept)
  const others = Buffer.allocUnsafeSlow(32_768)
  pool.give(others)
  assert.notEqual(pool.take(32_768).buffer, others.buffer)
  for (const length of [100, 64 << 20]) {
    const buffer = pool.take(length)
    assert.equal(buffer.length, length)
    pool.give(buffer)
    if (length > 4096) assert.notEqual(pool.take(length).buffer, buffer.buffer)
  }
})

test('no more is kept than allowed', () => {
  const pool = new BufferPool(kept)
  const buffers = Array.from({ length: 3 }, () => pool.take(kept / 2))
  for (const buffer of buffers) pool.give(buffer)
  const again = Array.from({ length: 3 }, () => pool.take(kept / 2).buffer)
  assert.equal(again.filter(memory => buffers.some(({ buffer }) => buffer === memory)).length, 2)
})
