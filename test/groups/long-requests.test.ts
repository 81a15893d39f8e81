import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterTopics } from '../../src/groups/consumer/cluster-topics.js'
import { isLong, prepared, refusalOf } from '../../src/groups/long-requests.js'
import { Turns } from '../../src/time/turns.js'
import type { KafkaError } from '../../src/wire/errors.js'
import { Topics } from '../support/topics.js'

const bounds = { mostProtocols: 2, maxBytes: 1000 }
const protocol = (name: string, bytes = 0) => ({ name, metadata: Buffer.alloc(bytes) })
const heartbeat = {
  groupId: 'shop',
  memberId: 'm',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: 1000,
  subscribedTopicNames: null,
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: null,
}
const topics = () => new ClusterTopics(new Topics().store, () => null)
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

test('a member that knows more protocols than the setting allows is refused', () => {
  assert.equal(refusalOf({ protocols: [protocol('a'), protocol('b')] }, bounds), null)
  const refusal = refusalOf({ protocols: [protocol('a'), protocol('b'), protocol('c')] }, bounds)
  assert.equal(refusal?.errorName, 'INCONSISTENT_GROUP_PROTOCOL')
})

test('a member that says more of itself than a record holds is refused', () => {
  assert.equal(refusalOf({ protocols: [protocol('a', 1000), protocol('b', 1000)] }, bounds), null)
  assert.equal(refusalOf({ protocols: [protocol('a', 1001)] }, bounds)?.errorName, 'UNKNOWN_SERVER_ERROR')
})

test('only a heartbeat with long lists is prepared in turns', () => {
  assert.equal(isLong(heartbeat), false)
  assert.equal(isLong({ ...heartbeat, subscribedTopicNames: numbers(1000).map(String) }), false)
  assert.equal(isLong({ ...heartbeat, subscribedTopicNames: numbers(1001).map(String) }), true)
  const owned = (partitions: number) => [{ topicId: 'x', partitions: numbers(partitions) }]
  assert.equal(isLong({ ...heartbeat, topicPartitions: owned(10) }), false)
  assert.equal(isLong({ ...heartbeat, topicPartitions: owned(1000) }), true)
})

test('names of topics are put in order, each once, and those of topics are found', async () => {
  const world = new Topics()
  world.create('b', [0])
  const view = new ClusterTopics(world.store, () => null)
  const names = ['c', 'a', 'b', 'a', ...numbers(2000).map(i => `x-${i % 1000}`)]
  const { subscribedTopicNames } = await prepared(
    { ...heartbeat, subscribedTopicNames: names },
    { ...bounds, maxBytes: 10_000 },
    view,
    new Turns(),
  )
  assert.deepEqual(subscribedTopicNames, [...new Set(names)].sort())
  assert.deepEqual(view.existing(subscribedTopicNames ?? []), ['b'])
})

test('names that no record would hold are refused; a name that is repeated counts once', async () => {
  const prepare = (names: string[]) =>
    prepared({ ...heartbeat, subscribedTopicNames: names }, bounds, topics(), new Turns())
  await assert.rejects(
    prepare(numbers(200).map(i => `topic-${i}`)),
    (thrown: KafkaError) => thrown.errorName === 'UNKNOWN_SERVER_ERROR',
  )
  const repeated = await prepare(numbers(5000).map(() => 'topic'))
  assert.deepEqual(repeated.subscribedTopicNames, ['topic'])
})

test('what a member owns is put together by topics', async () => {
  const topicPartitions = [
    ...numbers(3000).map(i => ({ topicId: `t${i % 2}`, partitions: [i] })),
    { topicId: 'none', partitions: [] },
  ]
  const { owned } = await prepared({ ...heartbeat, topicPartitions }, bounds, topics(), new Turns())
  const even = new Set(numbers(1500).map(i => 2 * i))
  assert.deepEqual(
    owned,
    new Map([
      ['t0', even],
      ['t1', new Set([...even].map(i => i + 1))],
    ]),
  )
})

test('which of many names are of topics is found anew when a topic comes or goes', () => {
  const world = new Topics()
  const view = new ClusterTopics(world.store, () => null)
  world.store.onChange(change => view.changed(change))
  const names = numbers(2000).map(i => `t-${i}`)
  assert.deepEqual(view.existing(names), [])
  world.create('t-7', [0])
  assert.deepEqual(view.existing(names), ['t-7'])
  world.delete('t-7')
  assert.deepEqual(view.existing(names), [])
})
