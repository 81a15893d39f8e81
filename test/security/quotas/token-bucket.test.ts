import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenBucket } from '../../../src/security/quotas/token-bucket.js'

const windows = { count: 11, windowMs: 1000 }
const startMs = 1_700_000_000_000

test('a new bucket has what the limit allows in all windows together', () => {
  const bucket = new TokenBucket(windows)
  bucket.take(22, 2, startMs)
  assert.equal(bucket.throttleMs(2, startMs), 0)
  bucket.take(1, 2, startMs)
  assert.equal(bucket.throttleMs(2, startMs), 500)
})

test('a bucket that was overdrawn allows nothing until it has filled up to zero', () => {
  const bucket = new TokenBucket(windows)
  bucket.take(31, 1, startMs)
  assert.equal(bucket.throttleMs(1, startMs), 20_000)
  assert.equal(bucket.throttleMs(1, startMs + 15_000), 5000)
  assert.equal(bucket.throttleMs(1, startMs + 20_000), 0)
})

test('a bucket never has more than it had in the beginning', () => {
  const bucket = new TokenBucket(windows)
  bucket.take(1, 1, startMs)
  bucket.take(12, 1, startMs + 3_600_000)
  assert.equal(bucket.throttleMs(1, startMs + 3_600_000), 1000)
})

test('a clock that is set back neither fills nor empties a bucket', () => {
  const bucket = new TokenBucket(windows)
  bucket.take(13, 1, startMs)
  assert.equal(bucket.throttleMs(1, startMs - 10_000), 2000)
  assert.equal(bucket.throttleMs(1, startMs - 9000), 1000)
})
