import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTopic, createTopics, planTopics, topicOrNew } from '../../src/topics/topic-creation.js'
import { KafkaError } from '../../src/wire/errors.js'
import { MetadataWorld } from '../cluster/metadata-world.js'

const plain = (name: string, partitions = -1) => ({ name, partitions, replicationFactor: -1 })

const said = (answers: readonly unknown[]) =>
  answers.map(answer => (answer instanceof KafkaError ? answer.errorName : (answer as { name: string }).name))

test('each topic is answered for itself, in the order in which they are wanted', async () => {
  const world = await MetadataWorld.open()
  await world.create('taken')
  const wanted = ['a', 'taken', 'b c', 'd', 'a'].map(name => plain(name))
  assert.deepEqual(said(await createTopics(wanted, world.planner)), [
    'a',
    'TOPIC_ALREADY_EXISTS',
    'INVALID_TOPIC_EXCEPTION',
    'd',
    'INVALID_REQUEST',
  ])
  assert.deepEqual(world.topics, ['taken:1', 'a:1', 'd:1'])
})

test('names that collide only with each other are all made, as in Kafka', async () => {
  const world = await MetadataWorld.open()
  assert.deepEqual(said(await createTopics([plain('a.b'), plain('a_b')], world.planner)), ['a.b', 'a_b'])
  assert.deepEqual(said(await createTopics([plain('a.b'), plain('a-b')], world.planner)), [
    'TOPIC_ALREADY_EXISTS',
    'a-b',
  ])
})

test('a name that collided is free again once the other topic is deleted, also after a restart', async () => {
  const world = await MetadataWorld.open()
  const { id } = await world.create('a.b')
  const again = await world.afterKill()
  await assert.rejects(createTopic(plain('a_b'), again.planner), { errorName: 'INVALID_TOPIC_EXCEPTION' })
  await again.delete(id)
  assert.equal((await createTopic(plain('a_b'), again.planner)).name, 'a_b')
})

test('no client can make the topic of the metadata', async () => {
  const world = await MetadataWorld.open()
  const message = /Creation of internal topic __cluster_metadata is prohibited/
  await assert.rejects(createTopic(plain('__cluster_metadata'), world.planner), {
    errorName: 'INVALID_REQUEST',
    message,
  })
  await assert.rejects(topicOrNew(plain('__cluster_metadata'), world.planner), message)
  await assert.rejects(world.create('__cluster_metadata'), /__cluster_metadata was planned/)
  assert.deepEqual(world.topics, [])
})

test('two that want a missing topic at once both get it', async () => {
  const world = await MetadataWorld.open()
  const [first, second] = await Promise.all(
    [1, 2].map(() => topicOrNew(plain('__consumer_offsets'), world.planner)),
  )
  assert.equal(first?.id, second?.id)
  assert.equal(first?.partitions.length, 50)
})

test('what is only planned is not made', async () => {
  const world = await MetadataWorld.open()
  const plans = await planTopics([plain('a', 3), plain('a'), plain('..')], world.planner)
  assert.deepEqual(said(plans), ['a', 'INVALID_REQUEST', 'INVALID_TOPIC_EXCEPTION'])
  assert.deepEqual(world.topics, [])
})
