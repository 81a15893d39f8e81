import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetadataWorld } from './metadata-world.js'

const nodes = [0, 1]

/** A topic of two partitions on two nodes: node 0 leads the first, node 1 the second. */
async function twoNodes() {
  const world = await MetadataWorld.open({ nodes })
  const { cluster, metadata } = world
  const assignments = [
    [0, 1],
    [1, 0],
  ]
  const topic = await world.make({ name: 'letters', assignments, overrides: new Map() })
  const target = (partition: number) => ({ topicId: topic.id, partition })
  return { cluster, metadata, topic, target }
}

test('the leader holds the lease of a partition with the leader epoch, and no other node does', async () => {
  const { cluster, target, topic } = await twoNodes()
  assert.equal(cluster.lease(0, target(0))?.epoch, 0)
  assert.equal(cluster.leads(0, topic.id, 0), 0)
  assert.equal(cluster.lease(1, target(0)), null)
  assert.equal(cluster.leads(1, topic.id, 0), -1)
})

test('a lease is over when its node stops, and the next leader holds one of a later epoch', async () => {
  const { cluster, metadata, target } = await twoNodes()
  const lease = cluster.lease(0, target(0))
  let told = 0
  lease?.onOver(() => {
    told += 1
  })
  await cluster.stopped(0, metadata)
  assert.equal(lease?.isOver, true)
  assert.equal(told, 1)
  assert.equal(cluster.lease(0, target(0)), null)
  assert.equal(cluster.lease(1, target(0))?.epoch, 1)
})

test('a lease of another partition goes on, and so does one while only the in-sync replicas change', async () => {
  const { cluster, metadata, target } = await twoNodes()
  const lease = cluster.lease(1, target(1))
  await cluster.stopped(0, metadata)
  assert.equal(lease?.isOver, false)
  assert.equal(cluster.lease(1, target(1)), lease)
})

test('a node that leads again begins a new lease', async () => {
  const { cluster, metadata, target } = await twoNodes()
  const lease = cluster.lease(0, target(0))
  await cluster.stopped(0, metadata)
  await cluster.started(0, metadata)
  await metadata.changePartitions(() => [{ ...target(0), index: 0, leader: 0 }])
  assert.equal(lease?.isOver, true)
  assert.equal(cluster.lease(0, target(0))?.epoch, 2)
})

test('the deletion of its topic ends a lease, and a listener that comes too late hears of it at once', async () => {
  const { cluster, metadata, topic, target } = await twoNodes()
  const lease = cluster.lease(0, target(0))
  await metadata.deleteTopics([topic.id])
  let told = false
  lease?.onOver(() => {
    told = true
  })
  assert.ok(told)
})

test('a listener that has stopped hears nothing', async () => {
  const { cluster, metadata, target } = await twoNodes()
  const stop = cluster.lease(0, target(0))?.onOver(() => assert.fail('it has stopped listening'))
  stop?.()
  await cluster.stopped(0, metadata)
})
