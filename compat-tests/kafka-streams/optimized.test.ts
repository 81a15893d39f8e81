import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Tools } from '../kafka-tools/tools.js'
import type { JavaProgram } from '../support/java-program.js'
import type { JavaStage } from '../support/java-stage.js'
import { missingMaven } from '../support/maven.js'
import { writeNumbers } from './number-source.js'
import { openStage, startProgram } from './programs.js'

const topics = {
  'input.topic': 'inputTopic',
  'aggregation.topic': 'aggregationTopic',
  'reduce.topic': 'reduceTopic',
  'join.topic': 'joinTopic',
}

/** Without these, records that were repartitioned are first deleted after half a minute. */
const soon = { 'commit.interval.ms': '1000', 'repartition.purge.interval.ms': '1000' }

describe('StreamsOptimizedTest', { skip: missingMaven(), timeout: 300_000 }, () => {
  test('an application is reset and goes on with one repartition topic instead of four', async t => {
    const stage = await openStage(t, Object.fromEntries(Object.values(topics).map(name => [name, 6])))
    await writeNumbers(stage, 'inputTopic')
    const plain = await processorsOf(stage, 4, {})
    for (const processor of plain) await processor.next('D key=')
    const tools = await Tools.start(stage.bootstrap)
    t.after(() => tools.stop())
    await repartitionTopicsPurged(tools)
    await stopAll(plain)

    const which = ['--application-id', 'StreamsOptimizedTest', '--input-topics', 'inputTopic']
    const reset = await tools.run('StreamsResetter', ['--force', ...which])
    assert.match(reset, /-repartition/)
    assert.doesNotMatch(await tools.run('TopicCommand', ['--list']), /-repartition|-changelog/)

    const optimized = await processorsOf(stage, 1, { 'topology.optimization': 'all' })
    for (const processor of optimized)
      for (const operation of ['AGGREGATED', 'REDUCED', 'JOINED']) await processor.next(operation)
    await stopAll(optimized)
  })
})

/** Starts three programs one after the other, each when the one before has printed its repartition topics. */
async function processorsOf(
  stage: JavaStage,
  repartitionTopics: number,
  settings: Readonly<Record<string, string>>,
): Promise<JavaProgram[]> {
  const processors: JavaProgram[] = []
  for (const name of ['first', 'second', 'third']) {
    const all = { ...topics, ...soon, 'state.dir': stage.pathOf(name), ...settings }
    const processor = startProgram(stage, 'StreamsOptimizedTest', all)
    await processor.said(`REBALANCING -> RUNNING with REPARTITION TOPIC COUNT=${repartitionTopics}`)
    processors.push(processor)
  }
  return processors
}

/** Resolves when the first offset of some partition of each repartition topic is not 0 any more. */
async function repartitionTopicsPurged(tools: Tools): Promise<void> {
  for (;;) {
    const told = await tools.run('GetOffsetShell', ['--topic', '.*-repartition', '--time', 'earliest'])
    const names = new Set(told.match(/^[^:\n]+-repartition/gm))
    const purged = new Set(told.match(/^[^:\n]+-repartition(?=:\d+:[1-9])/gm))
    if (names.size > 0 && purged.size === names.size) return
    await sleep(500)
  }
}

async function stopAll(processors: readonly JavaProgram[]): Promise<void> {
  await Promise.all(processors.map(processor => processor.stop()))
  for (const processor of processors)
    assert.ok(processor.has('OPTIMIZE_TEST Streams Stopped'), processor.output)
}
