import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcome, settle } from '../groups/coordinator-world.js'
import { id, TransactionWorld } from './transaction-world.js'

const aborts = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000' }

test('a transaction that is open for too long is aborted, and its producer fenced', async () => {
  const world = new TransactionWorld(aborts)
  const producer = await world.init(5000)
  await world.add(producer, 0, 1)
  await world.advance(5000)
  assert.equal(await world.state(), 'Ongoing')
  await world.advance(1000)
  assert.equal(await world.state(), 'CompleteAbort')
  assert.deepEqual(world.marked, ['abort orders-0 1/1', 'abort orders-1 1/1'])
  assert.equal(await world.add(producer, 0), 'PRODUCER_FENCED')
  assert.equal(await outcome(world.end(producer, true, 1)), 'PRODUCER_FENCED')
  assert.equal(await outcome(world.end(producer, true, 2)), 'INVALID_TXN_STATE')
})

test('a producer whose transaction timed out may begin anew as the one it is', async () => {
  const world = new TransactionWorld(aborts)
  const producer = await world.init(5000)
  await world.add(producer, 0)
  await world.advance(7000)
  const { producerId, producerEpoch } = await world.init(5000, producer)
  assert.deepEqual([producerId, producerEpoch], [producer.producerId, 1])
})

test('the time of a transaction goes on over a restart', async () => {
  const world = new TransactionWorld(aborts)
  const producer = await world.init(5000)
  await world.add(producer, 0)
  await world.advance(4000)
  await world.restart()
  await world.advance(2000)
  assert.equal(await world.state(), 'CompleteAbort')
})

test('a transactional id that was not used for so long is forgotten, one with an open transaction is not', async () => {
  const world = new TransactionWorld({ 'transactional.id.expiration.ms': '7200000' })
  const producer = await world.init(2 ** 31 - 2)
  await world.add(producer, 0)
  await world.init(1000, null, 'stock')
  await world.advance(3_600_000)
  assert.equal(await world.state('stock'), 'Empty')
  await world.advance(3_600_000)
  assert.equal(await world.state('stock'), undefined)
  assert.equal(await world.state(), 'Ongoing')
  await world.restart()
  assert.equal(await world.state('stock'), undefined)
})

test('what was prepared when the broker died is ended after the restart, with the outcome that was decided', async () => {
  for (const committed of [true, false]) {
    const world = new TransactionWorld()
    const producer = await world.init()
    await world.add(producer, 0, 2)
    world.holdMarkers()
    assert.equal(await outcome(world.end(producer, committed)), 'waits')
    assert.equal(await world.state(), committed ? 'PrepareCommit' : 'PrepareAbort')
    await world.restart()
    const word = committed ? 'commit' : 'abort'
    assert.deepEqual(world.marked, [`${word} orders-0 1/1`, `${word} orders-2 1/1`])
    assert.equal(await world.state(), committed ? 'CompleteCommit' : 'CompleteAbort')
  }
})

test('a producer that asks again for the end after the restart is answered as if nothing had happened', async () => {
  const world = new TransactionWorld()
  const producer = await world.init()
  await world.add(producer, 0)
  world.holdMarkers()
  const lost = world.end(producer, true)
  lost.catch(() => undefined)
  await settle()
  await world.restart()
  const { producerId, producerEpoch } = await world.end(producer, true)
  assert.deepEqual([producerId, producerEpoch], [producer.producerId, 1])
  assert.equal(world.marked.length, 1)
})

test('only the markers that could not be written come again, after pauses that grow', async () => {
  const world = new TransactionWorld()
  const producer = await world.init()
  await world.add(producer, 0, 1, 2)
  world.markerOutcomes.push('NONE', 'NOT_LEADER_OR_FOLLOWER', 'NONE', 'REQUEST_TIMED_OUT')
  await world.end(producer, true)
  assert.equal(await world.state(), 'PrepareCommit')
  await world.advance(100)
  assert.equal(await world.state(), 'PrepareCommit')
  await world.advance(200)
  assert.equal(await world.state(), 'CompleteCommit')
  assert.deepEqual(
    world.marked.map(marker => marker.split(' ')[1]),
    ['orders-0', 'orders-1', 'orders-2', 'orders-1', 'orders-1'],
  )
})

test('until the markers are written the producer has to wait', async () => {
  const world = new TransactionWorld()
  const producer = await world.init()
  await world.add(producer, 0)
  world.markerOutcomes.push('NOT_LEADER_OR_FOLLOWER')
  const next = await world.end(producer, true)
  assert.equal(await world.add(next, 1), 'CONCURRENT_TRANSACTIONS')
  assert.equal(await outcome(world.end(next, true)), 'CONCURRENT_TRANSACTIONS')
  assert.equal(await outcome(world.init()), 'CONCURRENT_TRANSACTIONS')
  await world.advance(100)
  assert.equal(await world.add(next, 1), undefined)
})

test('a marker that is refused for good is logged, and its transaction stays as it is', async () => {
  const world = new TransactionWorld()
  const producer = await world.init()
  await world.add(producer, 0)
  world.markerOutcomes.push('TRANSACTION_COORDINATOR_FENCED')
  await world.end(producer, true)
  await world.advance(60_000)
  assert.equal(await world.state(), 'PrepareCommit')
  assert.equal(world.marked.length, 1)
  assert.match(world.complaints[0] ?? '', /'shop' cannot be ended.*TRANSACTION_COORDINATOR_FENCED/)
})

test('a partition whose topic was deleted meanwhile needs no marker', async () => {
  const world = new TransactionWorld()
  const producer = await world.init()
  await world.add(producer, 0)
  world.topics.delete('orders')
  world.markerOutcomes.push('UNKNOWN_TOPIC_OR_PARTITION')
  await world.end(producer, true)
  assert.equal(await world.state(), 'CompleteCommit')
})

test('an outcome that cannot be kept is no outcome', async () => {
  const world = new TransactionWorld()
  const producer = await world.init()
  await world.add(producer, 0)
  world.log.failures.push({ kind: 'unavailable' })
  assert.equal(await outcome(world.end(producer, true)), 'NOT_COORDINATOR')
  assert.equal(await world.state(), 'Ongoing')
  assert.deepEqual(world.marked, [])
  await world.end(producer, false)
  assert.equal(await world.state(), 'CompleteAbort')
})

test('when the completion cannot be kept it is tried again', async () => {
  const world = new TransactionWorld()
  const producer = await world.init()
  await world.add(producer, 0)
  world.holdMarkers()
  const ended = world.end(producer, true)
  await settle()
  world.log.failures.push({ kind: 'unavailable' })
  await world.releaseMarkers()
  await ended
  assert.equal(await world.state(), 'PrepareCommit')
  await world.advance(100)
  assert.equal(await world.state(), 'CompleteCommit')
})

test('each transactional id has one coordinator, and the others say so', async () => {
  const world = new TransactionWorld({}, [0, 1, 0])
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const away = ids.find(each => world.coordinator.partitionOf(each) === 1) as string
  assert.equal(await world.coordinator.coordinatorOf(away), 1)
  assert.equal(await outcome(world.init(1000, null, away)), 'NOT_COORDINATOR')
  assert.equal(await outcome(world.coordinator.describe(away, { nodeId: 0 })), 'NOT_COORDINATOR')
  await world.coordinator.initialize(
    { transactionalId: away, timeoutMs: 1000, expected: null },
    { nodeId: 1 },
  )
  await world.init(1000, null, ids.find(each => world.coordinator.partitionOf(each) !== 1) as string)
  assert.deepEqual(
    (await world.coordinator.list(1)).map(([transactionalId]) => transactionalId),
    [away],
  )
})

test('another leader of the partition goes on where the one before it stood', async () => {
  const world = new TransactionWorld()
  const producer = await world.init()
  await world.add(producer, 0)
  world.holdMarkers()
  void world.end(producer, true).catch(() => undefined)
  await settle()
  world.topics.lead('__transaction_state', world.coordinator.partitionOf(id), 1)
  assert.equal(await outcome(world.init()), 'NOT_COORDINATOR')
  await world.releaseMarkers()
  const described = await world.coordinator.describe(id, { nodeId: 1 })
  assert.equal(described?.state, 'CompleteCommit')
})

test('a partition whose leader changes while it is replayed is replayed anew by the next one', async () => {
  const world = new TransactionWorld()
  const producer = await world.init()
  await world.add(producer, 0)
  world.restart()
  const asked = outcome(world.coordinator.describe(id, { nodeId: 0 }))
  world.topics.lead('__transaction_state', world.coordinator.partitionOf(id), 1)
  assert.equal(await asked, 'NOT_COORDINATOR')
  await settle()
  const { reads } = world.log
  assert.equal((await world.coordinator.describe(id, { nodeId: 1 }))?.state, 'Ongoing')
  assert.equal(world.log.reads, reads, 'it was in memory already')
  const end = { transactionalId: id, ...producer, committed: true, clientVersion: 2 }
  await world.coordinator.end(end, { nodeId: 1 })
  assert.equal(world.log.fences.at(-1), 1, 'what is kept since carries the epoch of the later lease')
})
