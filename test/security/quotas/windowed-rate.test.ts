import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WindowedRate } from '../../../src/security/quotas/windowed-rate.js'

const windows = { count: 11, windowMs: 1000 }
const startMs = 1_700_000_000_000

test('what a client does in its first moment counts as if it were spread over all windows', () => {
  const rate = new WindowedRate(windows)
  rate.record(1000, startMs)
  assert.equal(rate.perSecond(startMs), 100)
  assert.equal(rate.throttleMs(100, 1000, startMs), 0)
})

test('a client that goes beyond the limit waits for as long as the excess takes at the limit', () => {
  const rate = new WindowedRate(windows)
  rate.record(2000, startMs)
  assert.equal(rate.throttleMs(100, 2000, startMs), 10_000)
  assert.equal(rate.throttleMs(160, 2000, startMs), 2500)
  assert.equal(rate.throttleMs(200, 2000, startMs), 0)
})

test('a client that was beyond the limit already waits until so much has left the window', () => {
  const rate = new WindowedRate(windows)
  rate.record(600, startMs)
  rate.record(600, startMs + 2000)
  rate.record(100, startMs + 3000)
  const waitMs = rate.throttleMs(100, 100, startMs + 3000)
  assert.equal(waitMs, 7500) // half of the first sample leaves from 10.0 to 10.5 s
  assert.ok(rate.throttleMs(100, 0, startMs + 3000 + waitMs - 1) > 0)
  assert.equal(rate.throttleMs(100, 0, startMs + 3000 + waitMs), 0)
})

test('what lies before the window is forgotten, the oldest sample bit by bit', () => {
  const rate = new WindowedRate(windows)
  rate.record(1000, startMs)
  rate.record(50, startMs + 5000)
  assert.equal(rate.perSecond(startMs + 10_000), 105)
  assert.equal(rate.perSecond(startMs + 10_500), 55)
  assert.equal(rate.perSecond(startMs + 11_000), 5)
  assert.equal(rate.perSecond(startMs + 60_000), 0)
})

test('a steady rate is what it is, however long it goes on', () => {
  const rate = new WindowedRate(windows)
  for (let ms = 0; ms < 60_000; ms += 100) {
    rate.record(10, startMs + ms)
    const perSecond = rate.perSecond(startMs + ms)
    if (ms > 15_000) assert.ok(perSecond > 95 && perSecond < 105, `${perSecond} after ${ms} ms`)
  }
})

for (const requestBytes of [100, 10_000, 50_000, 500_000]) {
  test(`a busy client that waits as it is told keeps to its limit, with ${requestBytes} bytes a request`, () => {
    const rate = new WindowedRate(windows)
    const limit = 1_000_000
    const sent: number[] = []
    let ms = 0
    while (ms < 91_000) {
      rate.record(requestBytes, startMs + ms)
      sent[Math.floor(ms / 1000)] = (sent[Math.floor(ms / 1000)] ?? 0) + requestBytes
      const tookMs = (requestBytes / limit) * 100 // ten times as fast as it may be
      ms += Math.max(tookMs, Math.round(rate.throttleMs(limit, requestBytes, startMs + ms)))
    }
    for (const from of [0, 30, 60]) {
      const bytes = Array.from({ length: 30 }, (_, i) => sent[from + i] ?? 0).reduce((a, b) => a + b, 0)
      const part = bytes / 30 / limit
      assert.ok(part > 0.9 && part < 1.1, `${part} of the limit from second ${from} on`)
    }
  })
}

test('what is taken back has not been', () => {
  const rate = new WindowedRate(windows)
  rate.record(500, startMs)
  rate.record(4000, startMs + 10)
  rate.record(-4000, startMs + 10)
  assert.equal(rate.perSecond(startMs + 10), 50)
})

test('with one window its own length is what counts', () => {
  const rate = new WindowedRate({ count: 1, windowMs: 2000 })
  rate.record(200, startMs)
  assert.equal(rate.perSecond(startMs), 100)
  assert.equal(rate.throttleMs(100, 200, startMs), 0)
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
