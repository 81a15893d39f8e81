import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { randomRuns } from '../support/random-runs.js'
import { GroupModel } from './model/group-model.js'
import { anyStep } from './model/steps.js'

const enough = process.env.CI !== undefined

/** Each run is some hundred single things, each followed by a look at all invariants (see model/invariants.ts). */
test('whatever clients, time and crashes do, no partition has two owners, epochs never fall, and a replay gives what running gave', () => {
  let happened = 0
  const runs = randomRuns(enough ? 1200 : 150, 10_000)
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 80, size: 'max' }), steps => {
      const model = new GroupModel()
      for (const step of steps) model.play(step)
      model.end()
      happened += model.happened
    }),
    runs,
  )
  console.log(`${happened} things have happened`)
  assert.ok(happened >= (enough ? 100_000 : 10_000))
})
