import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WindowedRate } from '../../../src/security/quotas/windowed-rate.js'

const windows = { count: 11, windowMs: 1000 }
const startMs = 1_700_000_000_000

test('what a client does in its first moment counts as if it were spread over all windows', () => {
  const rate = new WindowedRate(windows)
  rate.record(1000, startMs)
  assert.equal(rate.perSecond(startMs), 100)
  assert.equal(rate.throttleMs(100, startMs), 0)
})

test('a rate above the limit is throttled for as long as the excess takes at the limit', () => {
  const rate = new WindowedRate(windows)
  rate.record(2000, startMs)
  assert.equal(rate.perSecond(startMs), 200)
  assert.equal(rate.throttleMs(100, startMs), 10_000)
  assert.equal(Math.round(rate.throttleMs(160, startMs)), 2500)
  assert.equal(rate.throttleMs(200, startMs), 0)
})

test('what lies before all windows is forgotten', () => {
  const rate = new WindowedRate(windows)
  rate.record(1000, startMs)
  rate.record(50, startMs + 5000)
  assert.equal(rate.perSecond(startMs + 10_999).toFixed(6), (1050 / 10.999).toFixed(6))
  assert.equal(rate.perSecond(startMs + 11_000), 5) // the sample of 5 s ago, over ten windows
  assert.equal(rate.perSecond(startMs + 60_000), 0)
})

test('a steady rate is what it is, however long it goes on', () => {
  const rate = new WindowedRate(windows)
  for (let ms = 0; ms < 60_000; ms += 100) {
    rate.record(10, startMs + ms)
    const perSecond = rate.perSecond(startMs + ms)
    if (ms > 15_000) assert.ok(perSecond > 90 && perSecond < 110, `${perSecond} after ${ms} ms`)
  }
})

test('a client that waits as long as it is told keeps to its limit', () => {
  const rate = new WindowedRate(windows)
  const limit = 1000
  let nowMs = startMs
  let sent = 0
  while (nowMs < startMs + 60_000) {
    rate.record(3000, nowMs)
    sent += 3000
    nowMs += Math.max(1, Math.round(rate.throttleMs(limit, nowMs)))
  }
  const perSecond = (sent * 1000) / (nowMs - startMs)
  assert.ok(perSecond > 900 && perSecond < 1250, `${perSecond} a second`) // the first ten seconds are free
})

test('what is taken back has not been', () => {
  const rate = new WindowedRate(windows)
  rate.record(500, startMs)
  rate.record(4000, startMs + 10)
  rate.record(-4000, startMs + 10)
  assert.equal(Math.round(rate.perSecond(startMs + 10)), 50)
})

test('a clock that is set back by an hour leaves the rate as it was', () => {
  const rate = new WindowedRate(windows)
  rate.record(1000, startMs)
  rate.record(1000, startMs + 4000)
  const hourMs = 3_600_000
  assert.equal(rate.perSecond(startMs + 4000 - hourMs), 200)
  rate.record(10, startMs + 20_000 - hourMs)
  assert.equal(rate.perSecond(startMs + 20_000 - hourMs), 1)
})
