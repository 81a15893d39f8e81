import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { discard } from '../../src/net/discard.js'

test('the memory of a discarded chunk is free at once', async () => {
  const discardOne = () => {
    const chunk = Buffer.allocUnsafeSlow(65_536)
    discard(chunk)
    assert.equal(chunk.length, 0)
  }
  discardOne()
  await turn() // the other end goes
  await turn()
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 1000; i++) discardOne()
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
})
