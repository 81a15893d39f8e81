import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JavaProgram } from '../support/java-program.js'
import type { JavaStage } from '../support/java-stage.js'
import { missingMaven } from '../support/maven.js'
import { openStage } from './programs.js'

const long = process.env.OTTLA_TEST_LONG !== undefined
const [articles, comments, seconds] = long ? [1000, 10_000, 60] : [150, 1500, 30]
// A busy machine takes longer than the driver plans.
const timeout = (3 * seconds + 300) * 1000

const topics = {
  'in-article': 3,
  'in-comment': 5,
  'out-augmented-article': 3,
  'out-augmented-comment': 5,
}

describe('RelationalSmokeTest', { skip: missingMaven(), timeout }, () => {
  test('tables are joined exactly once while two of three processors and the broker are killed', async t => {
    const stage = await openStage(t, topics)
    const first = processorOf(stage, 'first')
    const second = processorOf(stage, 'second')
    await Promise.all([first.said('REBALANCING -> RUNNING'), second.said('REBALANCING -> RUNNING')])
    const driver = stage.run(
      'RelationalDriver',
      stage.bootstrap,
      ...[articles, comments, seconds].map(String),
    )
    await driver.said('sent in-comment')
    await first.kill()
    const third = processorOf(stage, 'third')
    await third.said('REBALANCING -> RUNNING')
    await stage.crashBroker()
    await second.kill()
    assert.ok(!driver.has('ALL-RECORDS-GENERATED'), 'there was still something to do')
    assert.equal(await driver.over(), 0, driver.output)
    assert.match(driver.output, /Evaluation passed/)
    assert.equal(await third.stop(), 143, third.output)
  })
})

function processorOf(stage: JavaStage, name: string): JavaProgram {
  return stage.run(
    'RelationalApplication',
    stage.bootstrap,
    'exactly_once_v2',
    name,
    stage.pathOf(`state-${name}`),
  )
}
