import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTopicPartitions } from '../../src/wire/apis/describe-topic-partitions.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { errorNameOf } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const unknownId = Buffer.alloc(16, 7).toString('base64url')

const asked = async (served: ServedBroker, topics: readonly { name: string | null; topicId?: string }[]) => {
  const answer = await served.ask(metadata, 12, {
    topics: topics.map(({ name, topicId = noId }) => ({ name, topicId })),
    allowAutoTopicCreation: false,
  })
  return answer.topics.map(({ name, errorCode }) => [name, errorNameOf(errorCode)])
}

test('Metadata tells topics that are there first, and ids that are not there first of all', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  assert.deepEqual(await asked(served, [{ name: 'numbers' }, { name: 'letters' }]), [
    ['letters', 'NONE'],
    ['numbers', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ])
  const topicId = await served.topicId('letters')
  assert.deepEqual(
    await asked(served, [
      { name: null, topicId },
      { name: null, topicId: unknownId },
    ]),
    [
      [null, 'UNKNOWN_TOPIC_ID'],
      ['letters', 'NONE'],
    ],
  )
})

test('Metadata looks at no names where one topic is asked for by its id', async () => {
  await using served = await ServedBroker.open({ topics: ['letters', 'numbers'] })
  const topicId = await served.topicId('letters')
  assert.deepEqual(await asked(served, [{ name: 'numbers' }, { name: null, topicId }]), [['letters', 'NONE']])
})

test('Metadata calls a name that no topic may have INVALID_TOPIC_EXCEPTION, also where nothing is to be created', async () => {
  await using served = await ServedBroker.open()
  assert.deepEqual(await asked(served, [{ name: 'no good name!' }]), [
    ['no good name!', 'INVALID_TOPIC_EXCEPTION'],
  ])
})

test('DescribeTopicPartitions gives at least one partition, and says where to go on', async () => {
  await using served = await ServedBroker.open({ topics: ['letters:3'] })
  const { topics, nextCursor } = await served.ask(describeTopicPartitions, 0, {
    topics: [{ name: 'letters' }],
    responsePartitionLimit: 0,
  })
  assert.equal(topics[0]?.partitions.length, 1)
  assert.deepEqual(nextCursor, { topicName: 'letters', partitionIndex: 1 })
})

test('DescribeTopicPartitions refuses a cursor at a topic that is not asked for', async () => {
  await using served = await ServedBroker.open({ topics: ['letters', 'numbers'] })
  const { topics } = await served.ask(describeTopicPartitions, 0, {
    topics: [{ name: 'numbers' }],
    cursor: { topicName: 'letters', partitionIndex: 0 },
  })
  assert.deepEqual(
    topics.map(({ name, errorCode }) => [name, errorNameOf(errorCode)]),
    [['numbers', 'INVALID_REQUEST']],
  )
})

test('DescribeTopicPartitions tells what a client may do with a topic', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const { topics } = await served.ask(describeTopicPartitions, 0, { topics: [{ name: 'letters' }] })
  assert.equal(topics[0]?.topicAuthorizedOperations, 3576)
})
