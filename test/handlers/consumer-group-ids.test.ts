import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.js'
import { joinGroup } from '../../src/wire/apis/join-group.js'
import { errorNameOf } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const kafkasNotation = /^[\w-]{22}$/

const beats = (served: ServedBroker) =>
  served.ask(consumerGroupHeartbeat, 0, {
    groupId: 'readers',
    memberId: '',
    memberEpoch: 0,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: ['letters'],
    topicPartitions: [],
  })

const joins = (served: ServedBroker, memberId = '') =>
  served.ask(joinGroup, 9, {
    groupId: 'readers',
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    memberId,
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('x') }],
  })

test('a consumer group gives its members ids in the notation of Kafka, whichever protocol they speak', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  assert.match((await beats(served)).memberId ?? '', kafkasNotation)
  assert.match((await joins(served)).memberId, kafkasNotation)
})

test('a join that fails unexpectedly is answered without an id', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  await beats(served)
  const { memberId } = await joins(served)
  const refused = await joins(served, memberId)
  assert.deepEqual([errorNameOf(refused.errorCode), refused.memberId], ['UNKNOWN_SERVER_ERROR', ''])
})
