import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeCluster } from '../../src/wire/apis/describe-cluster.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const plain = { includeClusterAuthorizedOperations: false }

test('the cluster’s id, its controller and its nodes with their racks are listed', async () => {
  await using served = await ServedBroker.open({ brokers: 2, set: { 'broker.rack': 'r1', 'node.id': 4 } })
  const { clusterId, controllerId, brokers, endpointType } = await served.ask(describeCluster, 1, plain)
  assert.deepEqual([clusterId, controllerId, endpointType], [served.broker.clusterId, 4, 1])
  assert.deepEqual(
    brokers.map(({ brokerId, host, port, rack }) => [brokerId, `${host}:${port}`, rack]),
    served.broker.brokers.map((address, i) => [4 + i, address, 'r1']),
  )
})

test('a stopped node is listed, as fenced, only for clients that ask for fenced ones', async () => {
  await using served = await ServedBroker.open({ brokers: 3 })
  await served.broker.stopNode(1)
  const fenced = async (includeFencedBrokers: boolean) => {
    const { brokers } = await served.ask(describeCluster, 2, { ...plain, includeFencedBrokers })
    return brokers.map(({ brokerId, isFenced }) => `${brokerId}${isFenced ? ' fenced' : ''}`)
  }
  assert.deepEqual(await fenced(false), ['0', '2'])
  assert.deepEqual(await fenced(true), ['0', '1 fenced', '2'])
})

test('when the controller stops, another node is the controller', async () => {
  await using served = await ServedBroker.open({ brokers: 2 })
  await served.broker.stopNode(0)
  await served.reconnect()
  assert.equal((await served.ask(describeCluster, 1, plain)).controllerId, 1)
})

test('this is no endpoint of controllers, and there are only these two types', async () => {
  await using served = await ServedBroker.open()
  const asked = async (endpointType: number) =>
    errorName(await served.ask(describeCluster, 1, { ...plain, endpointType }))
  assert.equal(await asked(2), 'MISMATCHED_ENDPOINT_TYPE')
  assert.equal(await asked(3), 'UNSUPPORTED_ENDPOINT_TYPE')
})

test('the operations that a client may do are listed where it asked for them', async () => {
  await using served = await ServedBroker.open()
  const asked = async (includeClusterAuthorizedOperations: boolean) =>
    (await served.ask(describeCluster, 1, { includeClusterAuthorizedOperations })).clusterAuthorizedOperations
  assert.equal(await asked(true), 8096)
  assert.equal(await asked(false), -(2 ** 31))
})
