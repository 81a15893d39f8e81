import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planTopic, type WantedTopic } from '../../src/topics/topic-plan.js'
import type { ErrorName } from '../../src/wire/errors.js'
import { MetadataWorld } from '../cluster/metadata-world.js'

const nodes = [0, 1, 2]
const settings = { 'num.partitions': '4', 'default.replication.factor': '2' }

const plan = async (wanted: Partial<WantedTopic>, given: { readonly clamps?: boolean } = {}) => {
  const clamp = { 'ottla.replication.factor.clamp': String(given.clamps ?? false) }
  const world = await MetadataWorld.open({ nodes, settings: { ...settings, ...clamp } })
  await world.create('taken.name')
  const topic = planTopic({ name: 'new', partitions: -1, replicationFactor: -1, ...wanted }, world.planner)
  return { topic, said: world.said }
}

const assigned = (...replicas: readonly (readonly number[])[]) => ({
  assignments: new Map(replicas.entries()),
})

test('without numbers a topic has as many partitions and replicas as the broker’s settings say', async () => {
  const { topic } = await plan({})
  assert.deepEqual(topic.assignments, [
    [0, 1],
    [1, 2],
    [2, 0],
    [0, 1],
  ])
})

test('replicas named one by one are taken as they are', async () => {
  const { topic } = await plan(assigned([2, 1], [0, 2]))
  assert.deepEqual(topic.assignments, [
    [2, 1],
    [0, 2],
  ])
})

test('a replication factor above the number of nodes becomes that number, and that is said', async () => {
  const { topic, said } = await plan({ partitions: 1, replicationFactor: 5 }, { clamps: true })
  assert.deepEqual(topic.assignments, [[0, 1, 2]])
  assert.deepEqual(said, ["Topic 'new' gets 3 of the 5 replicas asked for: there are no more nodes."])
})

test('nodes that are stopped get no replicas', async () => {
  const world = await MetadataWorld.open({ nodes })
  await world.cluster.stopped(1, world.metadata)
  const wanted = { name: 'new', partitions: 3, replicationFactor: 2 }
  assert.deepEqual(new Set(planTopic(wanted, world.planner).assignments.flat()), new Set([0, 2]))
})

const refusals: readonly (readonly [string, Partial<WantedTopic>, ErrorName, RegExp])[] = [
  ['a name that no topic may have', { name: 'a b' }, 'INVALID_TOPIC_EXCEPTION', /'a b'/],
  ['the name of the metadata', { name: '__cluster_metadata' }, 'INVALID_REQUEST', /is prohibited/],
  ['a name that is taken', { name: 'taken.name' }, 'TOPIC_ALREADY_EXISTS', /already exists/],
  [
    'a name that differs from another in dots and underscores only',
    { name: 'taken_name' },
    'INVALID_TOPIC_EXCEPTION',
    /collides with existing topic: taken\.name/,
  ],
  ['no partitions', { partitions: 0 }, 'INVALID_PARTITIONS', /non-positive/],
  ['fewer than no partitions', { partitions: -2 }, 'INVALID_PARTITIONS', /non-positive/],
  ['no replicas', { replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR', /larger than 0/],
  [
    'more replicas than nodes where they are not clamped',
    { replicationFactor: 4 },
    'INVALID_REPLICATION_FACTOR',
    /only 3 broker\(s\) are registered/,
  ],
  [
    'replicas one by one and a replication factor',
    { ...assigned([0]), replicationFactor: 1 },
    'INVALID_REQUEST',
    /replication factor was not set to -1/,
  ],
  [
    'replicas one by one and a number of partitions',
    { ...assigned([0]), partitions: 1 },
    'INVALID_REQUEST',
    /numPartitions was not set to -1/,
  ],
  [
    'replicas of partition 1 without those of partition 0',
    { assignments: new Map([[1, [0]]]) },
    'INVALID_REPLICA_ASSIGNMENT',
    /consecutive 0-based/,
  ],
  ['a partition without replicas', assigned([]), 'INVALID_REPLICA_ASSIGNMENT', /empty replica list/],
  ['a replica on a node that is not there', assigned([7]), 'INVALID_REPLICA_ASSIGNMENT', /broker 7/],
  ['two replicas on one node', assigned([1, 1]), 'INVALID_REPLICA_ASSIGNMENT', /more than once/],
  [
    'partitions with different numbers of replicas',
    assigned([0, 1], [2]),
    'INVALID_REPLICA_ASSIGNMENT',
    /not consistent/,
  ],
  [
    'a setting that no topic has',
    { overrides: new Map([['no.such', '1']]) },
    'INVALID_CONFIG',
    /Unknown topic config name: no\.such/,
  ],
  [
    'a bad value, even where there are too many replicas as well',
    { overrides: new Map([['retention.ms', 'long']]), replicationFactor: 9 },
    'INVALID_CONFIG',
    /Invalid value long for configuration retention\.ms/,
  ],
]

for (const [what, wanted, errorName, message] of refusals) {
  test(`a topic with ${what} is refused with ${errorName}`, async () => {
    await assert.rejects(plan(wanted), { errorName, message })
  })
}
