import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaintAboutSettings, settingsInForce } from '../../src/topics/internal-topics.js'
import { warnAboutInternalTopics } from '../../src/topics/startup-topics.js'
import { createTopic } from '../../src/topics/topic-creation.js'
import { MetadataWorld } from '../cluster/metadata-world.js'

const settings = {
  'num.partitions': '3',
  'offsets.topic.num.partitions': '7',
  'offsets.topic.segment.bytes': '2000000',
  'transaction.state.log.num.partitions': '5',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '4',
  'share.coordinator.state.topic.min.isr': '1',
}
const defaults = { partitions: -1, replicationFactor: -1 }

const made: readonly (readonly [string, number, Readonly<Record<string, string>>])[] = [
  [
    '__consumer_offsets',
    7,
    { 'cleanup.policy': 'compact', 'compression.type': 'producer', 'segment.bytes': '2000000' },
  ],
  [
    '__transaction_state',
    5,
    {
      'cleanup.policy': 'compact',
      'compression.type': 'uncompressed',
      'min.insync.replicas': '1',
      'segment.bytes': '104857600',
      'unclean.leader.election.enable': 'false',
    },
  ],
  [
    '__share_group_state',
    4,
    {
      'cleanup.policy': 'delete',
      'compression.type': 'producer',
      'min.insync.replicas': '1',
      'retention.ms': '-1',
      'segment.bytes': '104857600',
    },
  ],
]

for (const [name, partitions, overrides] of made) {
  test(`${name} is made with its own number of partitions and settings, as by Apache Kafka`, async () => {
    const world = await MetadataWorld.open({ settings })
    const topic = await createTopic({ name, ...defaults }, world.planner)
    assert.equal(topic.partitions.length, partitions)
    assert.deepEqual(Object.fromEntries(topic.overrides), overrides)
    assert.equal(topic.internal, true)
  })
}

test('numbers and settings that are asked for go before those of an internal topic', async () => {
  const world = await MetadataWorld.open({ settings })
  const overrides = new Map([['segment.bytes', '3000000']])
  const wanted = { name: '__consumer_offsets', partitions: 2, replicationFactor: 1, overrides }
  const topic = await createTopic(wanted, world.planner)
  assert.equal(topic.partitions.length, 2)
  assert.equal(topic.overrides.get('segment.bytes'), '3000000')
  assert.equal(topic.overrides.get('cleanup.policy'), 'compact')
})

test('replicas named one by one are taken for an internal topic too', async () => {
  const world = await MetadataWorld.open({ settings })
  const assignments = new Map([[0, [0]]])
  const topic = await createTopic({ name: '__consumer_offsets', ...defaults, assignments }, world.planner)
  assert.equal(topic.partitions.length, 1)
})

for (const cleanupPolicy of [undefined, 'delete', 'compact,delete']) {
  test(`__consumer_offsets with cleanup.policy ${cleanupPolicy} is only compacted, and that is said at start`, async () => {
    const overrides = new Map(cleanupPolicy ? [['cleanup.policy', cleanupPolicy]] : [])
    const world = await MetadataWorld.open()
    const topic = await world.create('__consumer_offsets', 1, overrides)
    assert.deepEqual(topic.settings.cleanupPolicy, { compact: true, delete: false })
    const again = await world.afterKill()
    const kept = again.metadata.topic('__consumer_offsets')?.settings.cleanupPolicy
    assert.deepEqual(kept, { compact: true, delete: false })
    warnAboutInternalTopics(again.planner)
    assert.match(
      again.said.join(),
      /'__consumer_offsets' is not set to cleanup\.policy=compact.*kafka-configs --alter .*--add-config cleanup\.policy=compact/,
    )
  })
}

test('committed offsets stay when the settings of their topic, or of all topics, are changed', async () => {
  const world = await MetadataWorld.open()
  const topic = await createTopic({ name: '__consumer_offsets', ...defaults }, world.planner)
  const kept = () => world.metadata.topicById(topic.id)?.settings.cleanupPolicy
  const change = (kind: 'topic' | 'broker', name: string, key: string, value: string | null) =>
    world.configure({ kind, name }, () => new Map([[key, value]]))
  await change('topic', '__consumer_offsets', 'cleanup.policy', null)
  assert.deepEqual(kept(), { compact: true, delete: false })
  await change('broker', '', 'log.cleanup.policy', 'delete')
  assert.deepEqual(kept(), { compact: true, delete: false })
})

test('nothing is said of internal topics that are set right, nor of the others', async () => {
  const world = await MetadataWorld.open({ settings })
  for (const [name] of made) await createTopic({ name, ...defaults }, world.planner)
  await world.create('orders')
  const before = world.said.length
  warnAboutInternalTopics(world.planner)
  assert.deepEqual(world.said.slice(before), [])
})

test('the state of share groups is never deleted by age or size', async () => {
  const { config } = await MetadataWorld.open()
  const short = new Map([
    ['retention.ms', '1'],
    ['retention.bytes', '1'],
  ])
  const { retentionMs, retentionBytes } = settingsInForce('__share_group_state', short, config)
  assert.deepEqual([retentionMs, retentionBytes], [-1n, -1n])
  assert.equal(complaintAboutSettings('__share_group_state', short, config), 'retention.ms=-1')
})
