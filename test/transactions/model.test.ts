import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { randomRuns } from '../support/random-runs.js'
import { anyStep } from './model/steps.js'
import { TransactionModel } from './model/transaction-model.js'

const stepsInRun = 250

test('whatever clients, time and crashes do, epochs never fall and no outcome changes', t => {
  const seen = new Map<string, number>()
  const runs = randomRuns(400, 8_000) // 100,000 steps in the short run, two million in the long one
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: stepsInRun, maxLength: stepsInRun }), steps => {
      const model = new TransactionModel()
      for (const [i, step] of steps.entries()) {
        model.play(step)
        if (i % 10 === 0) model.checkReplay()
      }
      model.checkReplay()
      for (const [what, times] of model.seen) seen.set(what, (seen.get(what) ?? 0) + times)
    }),
    runs,
  )
  for (const what of ['init', 'add', 'end', 'timeout', 'forgotten', 'failed append']) {
    assert.ok((seen.get(what) ?? 0) > 0, `${what} came to pass`)
  }
  t.diagnostic([...seen].map(([what, times]) => `${what} ${times}`).join(', '))
})
