import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.js'
import { errorName } from '../support/error-name.js'
import { heardBy } from '../support/log-target.js'
import { ServedBroker } from '../support/served-broker.js'

const joining = (groupId: string, names: number) => ({
  groupId,
  memberId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  memberEpoch: 0,
  rebalanceTimeoutMs: 30_000,
  subscribedTopicNames: Array.from({ length: names }, (_, i) => `topic-${i}`),
  topicPartitions: [],
})

test('a member with more topic names than a record holds is refused, and its partition serves on', async () => {
  const said: string[] = []
  const log = (message: string) => void said.push(message)
  await using served = await ServedBroker.open({
    topics: ['topic-1'],
    logger: heardBy(log),
    set: { 'offsets.topic.num.partitions': 1 },
  })
  const join = async (groupId: string, names: number) =>
    errorName(await served.ask(consumerGroupHeartbeat, 1, joining(groupId, names)))
  assert.equal(await join('small', 2), 'NONE')
  assert.equal(await join('huge', 200_000), 'UNKNOWN_SERVER_ERROR')
  assert.equal(await join('other', 2), 'NONE')
  assert.deepEqual(said, [])
})
