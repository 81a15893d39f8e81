import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heartbeatHandler } from '../../src/handlers/heartbeat.js'
import { joinGroupHandler } from '../../src/handlers/join-group.js'
import { leaveGroupHandler } from '../../src/handlers/leave-group.js'
import { syncGroupHandler } from '../../src/handlers/sync-group.js'
import { errorName, joinRequest, syncRequest } from '../groups/coordinator-world.js'
import { GroupExchange, versionsOf } from './group-exchange.js'

const protocol = { protocolType: 'consumer', protocolName: 'range' }

async function joined(): Promise<GroupExchange> {
  const exchange = new GroupExchange()
  await exchange.ask(joinGroupHandler, 3, joinRequest())
  return exchange
}

const beat = { groupId: 'shop', generationId: 1, memberId: 'ann-1' }

test('a leader shares out the work in every version of SyncGroup', async () => {
  for (const version of versionsOf(syncGroupHandler)) {
    const exchange = await joined()
    const assignments = [{ memberId: 'ann-1', assignment: Buffer.from('all') }]
    const answer = await exchange.ask(
      syncGroupHandler,
      version,
      syncRequest({ memberId: 'ann-1', assignments, ...protocol }),
    )
    assert.equal(errorName(answer.errorCode), 'NONE')
    assert.equal(answer.assignment.toString(), 'all')
    if (version >= 5) assert.equal(answer.protocolName, 'range')
  }
})

test('from version 5 on a sync has to name the protocol', async () => {
  const exchange = await joined()
  const request = syncRequest({ memberId: 'ann-1' })
  const answer = await exchange.ask(syncGroupHandler, 5, request)
  assert.equal(errorName(answer.errorCode), 'INCONSISTENT_GROUP_PROTOCOL')
  assert.equal(errorName((await exchange.ask(syncGroupHandler, 4, request)).errorCode), 'NONE')
})

test('a heartbeat is answered in every version', async () => {
  for (const version of versionsOf(heartbeatHandler)) {
    const exchange = await joined()
    assert.equal(errorName((await exchange.ask(heartbeatHandler, version, beat)).errorCode), 'NONE')
    const late = await exchange.ask(heartbeatHandler, version, { ...beat, generationId: 0 })
    assert.equal(errorName(late.errorCode), 'ILLEGAL_GENERATION')
    const other = await exchange.ask(heartbeatHandler, version, { ...beat, groupId: 'other' })
    assert.equal(errorName(other.errorCode), 'UNKNOWN_MEMBER_ID')
  }
})

test('before version 3 one member leaves, later several do', async () => {
  for (const version of versionsOf(leaveGroupHandler)) {
    const exchange = await joined()
    const request =
      version < 3 ? { memberId: 'ann-1' } : { members: [{ memberId: 'ann-1' }, { memberId: 'eve-9' }] }
    const answer = await exchange.ask(leaveGroupHandler, version, { groupId: 'shop', ...request })
    assert.equal(errorName(answer.errorCode), 'NONE')
    if (version < 3) continue
    const errors = answer.members.map((each: { errorCode: number }) => errorName(each.errorCode))
    assert.deepEqual(errors, ['NONE', 'UNKNOWN_MEMBER_ID'])
  }
})

test('a member that leaves a group that does not exist is unknown', async () => {
  const old = await new GroupExchange().ask(leaveGroupHandler, 2, { groupId: 'shop', memberId: 'ann-1' })
  assert.equal(errorName(old.errorCode), 'UNKNOWN_MEMBER_ID')
  const answer = await new GroupExchange().ask(leaveGroupHandler, 5, {
    groupId: 'shop',
    members: [{ memberId: 'ann-1' }],
  })
  assert.equal(errorName(answer.errorCode), 'NONE')
  assert.equal(errorName(answer.members[0].errorCode), 'UNKNOWN_MEMBER_ID')
})

test('members need the name of a group', async () => {
  const exchange = new GroupExchange()
  const requests = [
    [syncGroupHandler, { ...syncRequest({ groupId: '' }), ...protocol }],
    [heartbeatHandler, { ...beat, groupId: '' }],
    [leaveGroupHandler, { groupId: '', members: [] }],
  ] as const
  for (const [handler, request] of requests) {
    const { errorCode } = await exchange.ask(handler, handler.api.versions[1], request)
    assert.equal(errorName(errorCode), 'INVALID_GROUP_ID')
  }
})
