import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JavaProgram } from '../support/java-program.js'
import type { JavaStage } from '../support/java-stage.js'
import { missingMaven } from '../support/maven.js'
import { openStage, startProgram } from './programs.js'

const long = process.env.OTTLA_TEST_LONG !== undefined
const processors = 3
const kills = long ? 8 : 2
const seconds = long ? 600 : 90
const keys = 20
const recordsPerKey = long ? 1000 : 500
// A busy machine takes longer than the driver plans.
const timeout = (3 * seconds + 300) * 1000

const topics = Object.fromEntries(
  ['data', 'echo', 'max', 'min', 'min-suppressed', 'min-raw', 'dif', 'sum', 'sws-raw', 'sws-suppressed']
    .concat('cnt', 'avg', 'tagg', 'fk')
    .map(name => [name, 5]),
)

/**
 * The verdicts that pass, as in Kafka's own system test: after a kill, work that is done at least once may be done
 * twice.
 */
const verdicts = {
  exactly_once_v2: ['SUCCESS'],
  at_least_once: ['SUCCESS', 'PROCESSED-MORE-THAN-GENERATED'],
} as const

// Most of the time both only wait.
describe('StreamsSmokeTest', { skip: missingMaven(), timeout, concurrency: true }, () => {
  for (const guarantee of ['exactly_once_v2', 'at_least_once'] as const) {
    test(`one of three processors after the other and the broker are killed while records are processed ${guarantee}`, async t => {
      const stage = await openStage(t, topics)
      const start = () => processorOf(stage, guarantee)
      const working = await Promise.all(Array.from({ length: processors }, start))
      const limits = [keys, recordsPerKey, seconds].map(String)
      const driver = stage.run('SmokeDriver', stage.bootstrap, guarantee, ...limits)
      const generated = driver.said('ALL-RECORDS-GENERATED')
      await working[0]?.next('processed')
      for (let killed = 0; killed < kills; killed++) {
        await working.shift()?.kill()
        const successor = await start()
        working.push(successor)
        await Promise.race([successor.next('processed'), generated])
        await stage.crashBroker()
        await Promise.race([successor.next('processed'), generated])
      }
      assert.ok(!driver.has('ALL-RECORDS-GENERATED'), 'there was still something to do')
      await generated
      await driver.over()
      assert.ok(driver.has('ALL-RECORDS-DELIVERED'), driver.output)
      assert.ok(
        verdicts[guarantee].some(verdict => driver.has(verdict)),
        driver.output,
      )
    })
  }
})

async function processorOf(stage: JavaStage, guarantee: string): Promise<JavaProgram> {
  const settings = {
    'processing.guarantee': guarantee,
    // A dead one is missed after 6 seconds, not after 45.
    'consumer.session.timeout.ms': '6000',
    'consumer.heartbeat.interval.ms': '1000',
    // The changelogs are compacted while they are written and read.
    'topic.segment.ms': '2000',
    'topic.min.cleanable.dirty.ratio': '0.01',
    'topic.delete.retention.ms': '1000',
  }
  const processor = startProgram(stage, 'StreamsSmokeTest', settings, 'process')
  await processor.said('REBALANCING -> RUNNING')
  return processor
}
