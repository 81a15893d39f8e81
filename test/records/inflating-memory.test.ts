import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codecs } from '../../src/records/compression/compression.js'
import { inflater } from '../support/inflater.js'
import { bomb, mebibyte } from './bombs.js'

const mostMiB = 400

/** The most that the process has held; each file of tests is a process of its own. */
const peakMiB = (): number => process.resourceUsage().maxRSS / 1024

test('small batches that hold 90 MiB each are looked through within bounded memory, however many come at once', async () => {
  for (const codec of [codecs.gzip, codecs.zstd, codecs.lz4]) {
    const batch = await bomb(codec, 90 * mebibyte)
    const shared = inflater()
    const before = peakMiB()
    await Promise.all(Array.from({ length: 10 }, () => shared.walk(batch, { areConsecutive: true })))
    const more = peakMiB() - before
    assert.ok(more <= mostMiB, `codec ${codec} took ${Math.round(more)} MiB more`)
  }
})
