import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinGroupHandler } from '../../src/handlers/join-group.js'
import { leaveGroupHandler } from '../../src/handlers/leave-group.js'
import { syncGroupHandler } from '../../src/handlers/sync-group.js'
import { errorName, joinRequest } from '../groups/coordinator-world.js'
import { GroupExchange, versionsOf } from './group-exchange.js'

test('a client joins an empty group in every version', async () => {
  for (const version of versionsOf(joinGroupHandler)) {
    const exchange = new GroupExchange()
    let answer = await exchange.ask(joinGroupHandler, version, joinRequest())
    if (version >= 4) {
      assert.equal(errorName(answer.errorCode), 'MEMBER_ID_REQUIRED')
      answer = await exchange.ask(joinGroupHandler, version, joinRequest({ memberId: answer.memberId }))
    }
    assert.equal(errorName(answer.errorCode), 'NONE')
    assert.deepEqual(
      [answer.memberId, answer.generationId, answer.protocolName, answer.leader, answer.members.length],
      ['ann-1', 1, 'range', 'ann-1', 1],
    )
  }
})

const refusals = [
  ['an empty group id', { groupId: '' }, 'INVALID_GROUP_ID'],
  ['a session timeout below the least', { sessionTimeoutMs: 5_999 }, 'INVALID_SESSION_TIMEOUT'],
  ['a session timeout above the greatest', { sessionTimeoutMs: 1_800_001 }, 'INVALID_SESSION_TIMEOUT'],
  ['an unknown id in an empty group', { memberId: 'eve-9' }, 'UNKNOWN_MEMBER_ID'],
  ['no protocols', { protocols: [] }, 'INCONSISTENT_GROUP_PROTOCOL'],
] as const

for (const [what, changes, error] of refusals) {
  test(`${what} is answered ${error}`, async () => {
    for (const version of versionsOf(joinGroupHandler)) {
      const answer = await new GroupExchange().ask(joinGroupHandler, version, joinRequest(changes as object))
      assert.equal(errorName(answer.errorCode), error)
      assert.equal(answer.generationId, -1)
      assert.equal(answer.protocolName, version >= 7 ? null : '')
    }
  })
}

test('a node that does not coordinate the group says so', async () => {
  const answer = await new GroupExchange({}, [1]).ask(joinGroupHandler, 9, joinRequest())
  assert.equal(errorName(answer.errorCode), 'NOT_COORDINATOR')
})

test('a member is described by the client and the host that it came from', async () => {
  const exchange = new GroupExchange()
  await exchange.ask(joinGroupHandler, 3, joinRequest())
  const group = await exchange.world.coordinator.describe('shop', {
    clientId: '',
    clientHost: '',
    connection: { id: 9, isClosed: false },
    nodeId: 0,
  })
  assert.deepEqual([group?.members[0]?.clientId, group?.members[0]?.clientHost], ['ann', '/10.0.0.7'])
})

test('a waiting member that is removed is answered without an id, and a replaced one with its id', async () => {
  const exchange = new GroupExchange()
  const { memberId } = await exchange.ask(joinGroupHandler, 3, joinRequest())
  await exchange.ask(syncGroupHandler, 2, { groupId: 'shop', generationId: 1, memberId, assignments: [] })
  const join = (changes: object) => exchange.ask(joinGroupHandler, 5, joinRequest(changes))
  const replaced = join({ groupInstanceId: 'one' })
  const removed = join({ groupInstanceId: 'one' })
  const told = await replaced
  assert.equal(errorName(told.errorCode), 'FENCED_INSTANCE_ID')
  assert.match(told.memberId, /^one-/)
  const members = [{ memberId: '', groupInstanceId: 'one' }]
  await exchange.ask(leaveGroupHandler, 5, { groupId: 'shop', members })
  assert.equal((await removed).memberId, '')
})
