import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteGroupsHandler } from '../../src/handlers/delete-groups.js'
import { describeGroupsHandler } from '../../src/handlers/describe-groups.js'
import { joinGroupHandler } from '../../src/handlers/join-group.js'
import { leaveGroupHandler } from '../../src/handlers/leave-group.js'
import { listGroupsHandler } from '../../src/handlers/list-groups.js'
import { syncGroupHandler } from '../../src/handlers/sync-group.js'
import { errorName, joinRequest, syncRequest } from '../groups/coordinator-world.js'
import { GroupExchange, versionsOf } from './group-exchange.js'

/** A stable group `shop`, and an empty one, `till`. */
async function withGroups(): Promise<GroupExchange> {
  const exchange = new GroupExchange()
  await exchange.ask(joinGroupHandler, 3, joinRequest())
  const assignments = [{ memberId: 'ann-1', assignment: Buffer.from('all') }]
  await exchange.ask(syncGroupHandler, 3, syncRequest({ memberId: 'ann-1', assignments }))
  await exchange.ask(joinGroupHandler, 3, joinRequest({ groupId: 'till' }))
  await exchange.ask(leaveGroupHandler, 0, { groupId: 'till', memberId: 'ann-2' })
  return exchange
}

test('groups are described in every version', async () => {
  const exchange = await withGroups()
  for (const version of versionsOf(describeGroupsHandler)) {
    const { groups } = await exchange.ask(describeGroupsHandler, version, { groups: ['shop', 'till'] })
    assert.deepEqual(
      groups.map((each: { groupState: string; protocolType: string; protocolData: string }) => [
        each.groupState,
        each.protocolType,
        each.protocolData,
      ]),
      [
        ['Stable', 'consumer', 'range'],
        ['Empty', 'consumer', ''],
      ],
    )
    assert.equal(groups[0].members[0].memberAssignment.toString(), 'all')
    if (version >= 3) assert.equal(groups[0].authorizedOperations, -2147483648)
  }
})

test('an unknown group is dead, and from version 6 on an error', async () => {
  for (const version of versionsOf(describeGroupsHandler)) {
    const { groups } = await new GroupExchange().ask(describeGroupsHandler, version, { groups: ['none'] })
    assert.equal(groups[0].groupState, 'Dead')
    assert.equal(errorName(groups[0].errorCode), version >= 6 ? 'GROUP_ID_NOT_FOUND' : 'NONE')
    if (version >= 6) assert.equal(groups[0].errorMessage, 'Group none not found.')
  }
})

test('a client that asks for its allowed operations gets them', async () => {
  const exchange = await withGroups()
  const { groups } = await exchange.ask(describeGroupsHandler, 3, {
    groups: ['shop'],
    includeAuthorizedOperations: true,
  })
  assert.equal(groups[0].authorizedOperations, (1 << 3) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 11))
})

test('a group that lives elsewhere is described by its error', async () => {
  const { groups } = await new GroupExchange({}, [1]).ask(describeGroupsHandler, 6, { groups: ['shop'] })
  assert.equal(errorName(groups[0].errorCode), 'NOT_COORDINATOR')
})

test('groups are listed in every version, and filtered by state and type', async () => {
  const exchange = await withGroups()
  const list = async (version: number, filter = {}) => {
    const { groups } = await exchange.ask(listGroupsHandler, version, filter)
    return groups.map(({ groupId }: { groupId: string }) => groupId).sort()
  }
  for (const version of versionsOf(listGroupsHandler)) assert.deepEqual(await list(version), ['shop', 'till'])
  assert.deepEqual(await list(4, { statesFilter: ['stable'] }), ['shop'])
  assert.deepEqual(await list(5, { statesFilter: ['Empty', 'Dead'], typesFilter: ['Classic'] }), ['till'])
  assert.deepEqual(await list(5, { typesFilter: ['consumer'] }), [])
  const { groups } = await exchange.ask(listGroupsHandler, 5, { statesFilter: ['Stable'] })
  assert.deepEqual(
    [groups[0].protocolType, groups[0].groupState, groups[0].groupType],
    ['consumer', 'Stable', 'classic'],
  )
})

test('nothing is listed, and no topic made, where there never was a group', async () => {
  const exchange = new GroupExchange()
  assert.deepEqual((await exchange.ask(listGroupsHandler, 5, {})).groups, [])
  assert.equal(exchange.world.topics.topic('__consumer_offsets'), undefined)
})

test('groups are deleted in every version, each with an answer of its own', async () => {
  for (const version of versionsOf(deleteGroupsHandler)) {
    const exchange = await withGroups()
    const { results } = await exchange.ask(deleteGroupsHandler, version, {
      groupsNames: ['shop', 'till', 'none', 'till'],
    })
    assert.deepEqual(
      results.map(
        (each: { groupId: string; errorCode: number }) => `${each.groupId}: ${errorName(each.errorCode)}`,
      ),
      ['shop: NON_EMPTY_GROUP', 'till: NONE', 'none: GROUP_ID_NOT_FOUND'],
    )
  }
})
