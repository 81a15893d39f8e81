import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.js'
import { heartbeat } from '../../src/wire/apis/heartbeat.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { joinGroup } from '../../src/wire/apis/join-group.js'
import { errorName } from '../support/error-name.js'
import { heardBy } from '../support/log-target.js'
import { ServedBroker } from '../support/served-broker.js'

/**
 * A broker that answers as Apache Kafka does with one node where the topics of its coordinators want three replicas.
 */
const open = (said: string[] = []) =>
  ServedBroker.open({ parity: true, logger: heardBy(message => void said.push(message)) })

for (const keyType of [0, 1]) {
  for (const version of [1, 3, 4, 6]) {
    test(`FindCoordinator of type ${keyType} is answered with a retriable error, in version ${version}`, async () => {
      await using served = await open()
      const request = version < 4 ? { key: 'a', keyType } : { coordinatorKeys: ['a'], keyType }
      const answer = await served.ask(findCoordinator, version, request)
      const { errorCode, errorMessage, nodeId, host, port } = version < 4 ? answer : answer.coordinators[0]!
      assert.deepEqual(
        [errorName({ errorCode }), nodeId, host, port],
        ['COORDINATOR_NOT_AVAILABLE', -1, '', -1],
      )
      assert.equal(errorMessage, version < 4 ? 'The coordinator is not available.' : '')
    })
  }
}

test('transactions and groups are sent to look for another coordinator', async () => {
  await using served = await open()
  const init = { transactionalId: 'a', transactionTimeoutMs: 1000 }
  assert.equal(errorName(await served.ask(initProducerId, 5, init)), 'NOT_COORDINATOR')
  const join = {
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  }
  assert.equal(errorName(await served.ask(joinGroup, 5, join)), 'NOT_COORDINATOR')
  const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
  assert.equal(errorName(await served.ask(heartbeat, 3, beat)), 'NOT_COORDINATOR')
})

test('why there is no coordinator is said once', async () => {
  const said: string[] = []
  await using served = await open(said)
  for (let i = 0; i < 3; i++) await served.ask(findCoordinator, 4, { coordinatorKeys: ['a'], keyType: 1 })
  assert.deepEqual(said, [
    'The topic __transaction_state cannot be made, and what lives in it has no coordinator: Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 broker(s) are registered.',
  ])
})
