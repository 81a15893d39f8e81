import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutFlippedBit } from '../../src/records/flipped-bit.js'
import { buildBatch, checkedFrom } from '../../src/records/record-batch.js'
import { record } from '../support/log-world.js'

const crcAt = 17

test('a batch is as it was whichever bit that the checksum covers was flipped, or of the checksum', async () => {
  const whole = await buildBatch({ records: [record('one'), record('two')] })
  for (let at = crcAt; at < whole.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] as number) ^ (1 << bit)
      assert.deepEqual(withoutFlippedBit(damaged), whole, `bit ${bit} of byte ${at}`)
    }
  }
})

test('a batch with more damage than a bit is not guessed at', async () => {
  const damaged = await buildBatch({ records: [record('one')] })
  damaged[checkedFrom + 20] = (damaged[checkedFrom + 20] as number) ^ 0b101
  assert.equal(withoutFlippedBit(damaged), null)
})
