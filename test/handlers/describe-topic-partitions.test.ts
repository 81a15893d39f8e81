import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerOptions } from '../../src/index.js'
import { describeTopicPartitions } from '../../src/wire/apis/describe-topic-partitions.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

type Cursor = { readonly topicName: string; readonly partitionIndex: number } | null
interface Wish {
  readonly cursor?: Cursor
  readonly limit?: number
}

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open({ topics: ['b:2', 'a:3', 'c'], ...options })
  const ask = (names: readonly string[], { cursor = null, limit = 2000 }: Wish = {}) =>
    served.ask(describeTopicPartitions, 0, {
      topics: names.map(name => ({ name })),
      responsePartitionLimit: limit,
      cursor,
    })
  /** The partitions of a page, as `a0 a1 b0`, and the cursor for the next one. */
  const page = async (names: readonly string[], wish: Wish = {}) => {
    const { topics, nextCursor } = await ask(names, wish)
    const told = topics.flatMap(topic => topic.partitions.map(each => `${topic.name}${each.partitionIndex}`))
    return { told: told.join(' '), next: nextCursor as Cursor }
  }
  return { ask, page, served, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('topics are listed in the order of their names, each once, and all of them where none is named', async () => {
  await using world = await opened()
  assert.deepEqual(await world.page(['c', 'b', 'c']), { told: 'b0 b1 c0', next: null })
  assert.deepEqual(await world.page([]), { told: 'a0 a1 a2 b0 b1 c0', next: null })
})

test('pages follow each other without a gap, and none lists a partition again', async () => {
  for (const limit of [1, 2, 3, 4, 5, 6]) {
    await using world = await opened()
    const told: string[] = []
    let cursor: Cursor = null
    do {
      const page: { told: string; next: Cursor } = await world.page([], { cursor, limit })
      assert.ok(page.told.split(' ').length <= limit)
      told.push(page.told)
      cursor = page.next
    } while (cursor)
    assert.equal(told.join(' '), 'a0 a1 a2 b0 b1 c0', `${limit} at a time`)
  }
})

test('a page has a partition at least, and never more than the broker allows', async () => {
  await using world = await opened({ set: { 'max.request.partition.size.limit': 2 } })
  for (const limit of [0, -1]) assert.equal((await world.page(['a'], { limit })).told, 'a0')
  assert.equal((await world.page(['a'])).told, 'a0 a1')
})

test('a cursor must lie in a topic that was asked for, at a partition that could be', async () => {
  await using world = await opened()
  const error = async (cursor: Cursor) => errorName((await world.ask(['a', 'b'], { cursor })).topics[0])
  assert.equal(await error({ topicName: 'c', partitionIndex: 0 }), 'INVALID_REQUEST')
  assert.equal(await error({ topicName: 'a', partitionIndex: -1 }), 'INVALID_REQUEST')
  assert.equal(await error({ topicName: 'a', partitionIndex: 9 }), 'NONE')
  assert.equal((await world.page([], { cursor: { topicName: 'aa', partitionIndex: 0 } })).told, 'b0 b1 c0')
})

test('a topic that is missing and a name that no topic may have say so among the others', async () => {
  await using world = await opened()
  const { topics } = await world.ask(['a', 'a b', 'nope'])
  assert.deepEqual(
    topics.map(topic => [topic.name, errorName(topic)]),
    [
      ['a', 'NONE'],
      ['a b', 'INVALID_TOPIC_EXCEPTION'],
      ['nope', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ],
  )
})

test('leaders, replicas and allowed operations are listed as they are', async () => {
  await using world = await opened({ brokers: 2, topics: ['a:2:2', 'single:2'] })
  await world.served.broker.stopNode(1)
  const { topics } = await world.ask(['a', 'single'])
  const [a, single] = topics
  assert.deepEqual([a?.topicId, a?.topicAuthorizedOperations], [await world.served.topicId('a'), 3576])
  for (const partition of a?.partitions ?? []) {
    assert.deepEqual([partition.leaderId, partition.isrNodes, partition.offlineReplicas], [0, [0], [1]])
  }
  const errors = single?.partitions.map(errorName).sort()
  assert.deepEqual(errors, ['LEADER_NOT_AVAILABLE', 'NONE'])
})
