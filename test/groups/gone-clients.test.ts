import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GoneClients } from '../../src/groups/gone-clients.js'
import { ManualClock } from '../support/manual-clock.js'

const address = '10.0.0.7'
const open = (id: number) => ({ id, isClosed: false })
const by = (clientId: string, id: number, clientHost = `/${address}`) => ({
  clientId,
  clientHost,
  connection: open(id),
  nodeId: 0,
})

function setUp(graceMs = 1000) {
  const clock = new ManualClock()
  const evicted: string[] = []
  const clients = new GoneClients(
    clock,
    () => graceMs,
    (groupId, memberId) => evicted.push(`${memberId} of ${groupId}`),
  )
  return { clock, clients, evicted }
}

test('members are evicted a grace after their connection closed', () => {
  const { clock, clients, evicted } = setUp()
  clients.isMember('shop', 'ann', by('app', 1))
  clients.isMember('shop', 'bob', by('other', 2))
  clients.connectionClosed(1)
  clock.advance(999)
  assert.deepEqual(evicted, [])
  assert.equal(clients.isGone('shop', 'ann'), true)
  clock.advance(1)
  assert.deepEqual(evicted, ['ann of shop'])
})

test('a member that is heard of by another connection of its client stays', () => {
  const { clock, clients, evicted } = setUp()
  clients.isMember('shop', 'ann', by('app', 1))
  clients.heard(open(2), 'app', address)
  clients.connectionClosed(1)
  clients.isMember('shop', 'ann', by('app', 2))
  assert.equal(clients.isGone('shop', 'ann'), false)
  clock.advance(60_000)
  assert.deepEqual(evicted, [])
})

test('connections that were open before are no sign of life: another process may have the same client id', () => {
  const { clock, clients, evicted } = setUp()
  clients.isMember('shop', 'ann', by('app', 1))
  clients.isMember('shop', 'bob', by('app', 2))
  clients.connectionClosed(1)
  clients.heard(open(2), 'app', address)
  clock.advance(1000)
  assert.deepEqual(evicted, ['ann of shop'])
})

test('a client that came back and goes again has a grace once more', () => {
  const { clock, clients, evicted } = setUp()
  clients.isMember('shop', 'ann', by('app', 1))
  clients.connectionClosed(1)
  clock.advance(999)
  clients.heard(open(2), 'app', address)
  clock.advance(60_000)
  clients.connectionClosed(2)
  clock.advance(999)
  assert.deepEqual(evicted, [])
  clock.advance(1)
  assert.deepEqual(evicted, ['ann of shop'])
})

test('a client whose connections were all cut keeps its members when any request of it comes in time', () => {
  const { clock, clients, evicted } = setUp()
  clients.isMember('shop', 'ann', by('app', 1))
  clients.heard(open(2), 'app', address)
  clients.connectionClosed(1)
  clients.connectionClosed(2)
  clock.advance(999)
  clients.heard(open(3), 'app', address)
  clock.advance(60_000)
  assert.deepEqual(evicted, [])
})

test('a client of another name or from another address is no sign of life', () => {
  for (const [clientId, other] of [
    ['app-2', address],
    ['app', '10.0.0.8'],
  ] as const) {
    const { clock, clients, evicted } = setUp()
    clients.isMember('shop', 'ann', by('app', 1))
    clients.connectionClosed(1)
    clients.heard(open(2), clientId, other)
    clock.advance(1000)
    assert.deepEqual(evicted, ['ann of shop'])
  }
})

test('a connection that goes over to another client id counts for that one alone', () => {
  const { clock, clients, evicted } = setUp()
  clients.isMember('shop', 'ann', by('app', 1))
  clients.heard(open(1), 'app-2', address)
  clock.advance(1000)
  assert.deepEqual(evicted, ['ann of shop'])
})

test('a member that comes by another client belongs to that one', () => {
  const { clock, clients, evicted } = setUp()
  clients.isMember('shop', 'ann', by('app', 1))
  clients.isMember('shop', 'ann', by('app', 2, '/10.0.0.8'))
  clients.connectionClosed(1)
  clock.advance(5000)
  assert.deepEqual(evicted, [])
})

test('all members that were heard of by a connection are evicted, of whatever groups', () => {
  const { clock, clients, evicted } = setUp()
  clients.isMember('shop', 'ann', by('app', 1))
  clients.isMember('bank', 'bob', by('app', 1))
  clients.connectionClosed(1)
  clock.advance(1000)
  assert.deepEqual(evicted, ['ann of shop', 'bob of bank'])
})

test('a member that has left is not evicted as well', () => {
  const { clock, clients, evicted } = setUp()
  clients.isMember('shop', 'ann', by('app', 1))
  clients.connectionClosed(1)
  clients.left('shop', 'ann')
  clock.advance(5000)
  assert.deepEqual(evicted, [])
})

test('a member whose request is only understood after its connection closed is evicted too', () => {
  const { clock, clients, evicted } = setUp()
  clients.connectionClosed(1)
  clients.isMember('shop', 'ann', { ...by('app', 1), connection: { id: 1, isClosed: true } })
  clock.advance(1000)
  assert.deepEqual(evicted, ['ann of shop'])
})

test('with a negative grace no member is evicted', () => {
  const { clock, clients, evicted } = setUp(-1)
  clients.isMember('shop', 'ann', by('app', 1))
  clients.connectionClosed(1)
  clock.advance(1_000_000)
  assert.deepEqual(evicted, [])
})

test('a hundred thousand clients that come and go leave nothing behind', () => {
  const { clients } = setUp()
  for (let id = 1; id <= 100_000; id++) {
    clients.isMember('shop', `m-${id}`, by(`app-${id}`, id))
    clients.connectionClosed(id)
    clients.left('shop', `m-${id}`)
  }
  assert.equal(clients.remembered, 0)
})
