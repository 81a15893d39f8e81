import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCoordinatorHandler } from '../../src/handlers/find-coordinator.js'
import { errorName } from '../groups/coordinator-world.js'
import { GroupExchange, versionsOf } from './group-exchange.js'

const asked = (version: number, keyType = 0) =>
  version >= 4 ? { keyType, coordinatorKeys: ['shop'] } : { key: 'shop', ...(version > 0 ? { keyType } : {}) }

/** Share groups came with version 6; Kafka has no words for those that ask earlier, several at once. */
const sharesUnknown = (version: number) => version === 4 || version === 5

test('the leader of the group’s partition is answered in every version, at the first request', async () => {
  for (const version of versionsOf(findCoordinatorHandler)) {
    const answer = await new GroupExchange({}, [1]).ask(findCoordinatorHandler, version, asked(version))
    const { errorCode, nodeId, host, port } = version >= 4 ? answer.coordinators[0] : answer
    assert.deepEqual([errorName(errorCode), nodeId, host, port], ['NONE', 1, '127.0.0.1', 9093])
  }
})

test('share groups and unknown types of keys have no coordinator', async () => {
  for (const keyType of [2, 7]) {
    for (const version of versionsOf(findCoordinatorHandler).slice(1)) {
      const answer = await new GroupExchange().ask(findCoordinatorHandler, version, asked(version, keyType))
      const { errorCode, nodeId, errorMessage } = version >= 4 ? answer.coordinators[0] : answer
      assert.deepEqual([errorName(errorCode), nodeId], ['INVALID_REQUEST', -1])
      const words = keyType === 2 ? /^Share groups/ : /type 7/
      assert.match(errorMessage, keyType === 2 && sharesUnknown(version) ? /^$/ : words)
    }
  }
})

test('an answer for one key says NONE where an error would have its words', async () => {
  for (const version of [1, 3]) {
    const answer = await new GroupExchange({}, [1]).ask(findCoordinatorHandler, version, asked(version))
    assert.equal(answer.errorMessage, 'NONE')
  }
})

test('without a leader there is no coordinator yet', async () => {
  const answer = await new GroupExchange({}, [-1]).ask(findCoordinatorHandler, 0, asked(0))
  assert.deepEqual(
    [errorName(answer.errorCode), answer.nodeId, answer.port],
    ['COORDINATOR_NOT_AVAILABLE', -1, -1],
  )
})
