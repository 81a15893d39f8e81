import { heartbeat } from '../../../src/wire/apis/heartbeat.js'
import { joinGroup } from '../../../src/wire/apis/join-group.js'
import { leaveGroup } from '../../../src/wire/apis/leave-group.js'
import { syncGroup } from '../../../src/wire/apis/sync-group.js'
import { GroupMember, type MemberOptions } from '../group-member.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

const newcomer = (at: Stage, options: Partial<MemberOptions> = {}): GroupMember =>
  new GroupMember(at, { group: at.name(), ...options })

/** One member, which has an assignment. */
async function settled(at: Stage, options: Partial<MemberOptions> = {}): Promise<GroupMember> {
  const member = newcomer(at, options)
  await member.settle()
  return member
}

/** Another member of the group, which joins and thereby makes the first join again. */
async function joinedBy(
  at: Stage,
  first: GroupMember,
  options: Partial<MemberOptions> = {},
): Promise<GroupMember> {
  const second = await GroupMember.connected(at, { group: first.group, ...options })
  const entering = second.enter()
  await first.rebalances()
  await Promise.all([entering, first.join(options.protocols ? { protocols: options.protocols } : {})])
  return second
}

const stranger = 'raw-00000000-0000-0000-0000-000000000000'

export const classicGroupsFamily: Family = {
  name: 'Classic groups',
  scenarios: [
    // Join
    ...eachVersion(joinGroup, 'a member joins an empty group and leads it', async (at, version) => {
      const member = newcomer(at, { version, protocols: ['range', 'roundrobin'] })
      await member.enter()
      await member.sync({ assignments: { [member.memberId]: 'all' } })
      await member.heartbeat()
    }),
    ...[0, 4, 9].map(version =>
      scenario(`two members: one leads and hears of both, in version ${version}`, async at => {
        const first = await settled(at, { version })
        const second = await joinedBy(at, first, { version })
        const following = second.sync()
        await first.sync({ assignments: { [first.memberId]: 'a', [second.memberId]: 'b' } })
        await following
        await second.heartbeat()
      }),
    ),
    scenario('the protocol that both can is chosen', async at => {
      const first = newcomer(at, { protocols: ['a', 'b', 'c'] })
      await first.enter()
      await joinedBy(at, first, { protocols: ['c', 'b'] })
    }),
    ...[0, 3, 5, 9].map(version =>
      scenario(`an empty group id is INVALID_GROUP_ID in version ${version}`, async at => {
        await newcomer(at, { group: '', version }).join()
      }),
    ),
    ...[0, 1, 5999, 1_800_001, -1].map(sessionTimeoutMs =>
      scenario(`a session timeout of ${sessionTimeoutMs} is INVALID_SESSION_TIMEOUT`, async at => {
        await newcomer(at, { sessionTimeoutMs }).join()
      }),
    ),
    ...[6000, 1_800_000].map(sessionTimeoutMs =>
      scenario(`a session timeout of ${sessionTimeoutMs} is taken`, async at => {
        await newcomer(at, { sessionTimeoutMs }).enter()
      }),
    ),
    ...[0, -1, -5].map(rebalanceTimeoutMs =>
      scenario(`a rebalance timeout of ${rebalanceTimeoutMs}`, async at => {
        await newcomer(at, { rebalanceTimeoutMs }).enter()
      }),
    ),
    scenario('an empty group id and a bad session timeout', async at => {
      await newcomer(at, { group: '', sessionTimeoutMs: 1 }).join()
    }),
    scenario('a bad session timeout and an unknown member id', async at => {
      await newcomer(at, { sessionTimeoutMs: 1 }).join({ memberId: stranger })
    }),
    ...[0, 4, 9].map(version =>
      scenario(`an unknown member id is UNKNOWN_MEMBER_ID in version ${version}`, async at => {
        const first = await settled(at)
        await first.join({ memberId: stranger, version })
      }),
    ),
    ...[0, 4, 9].map(version =>
      scenario(`a member id in a group that does not exist, in version ${version}`, async at => {
        await newcomer(at).join({ memberId: stranger, version })
      }),
    ),
    ...[0, 9].flatMap(version => [
      scenario(`no protocols, in version ${version}`, async at => {
        await newcomer(at, { protocols: [], version }).enter()
      }),
      scenario(`an empty protocol type, in version ${version}`, async at => {
        await newcomer(at, { protocolType: '', version }).enter()
      }),
      scenario(`another protocol type is INCONSISTENT_GROUP_PROTOCOL in version ${version}`, async at => {
        const first = await settled(at)
        const second = newcomer(at, { group: first.group, protocolType: 'connect', version })
        await second.join()
      }),
      scenario(`no protocol in common is INCONSISTENT_GROUP_PROTOCOL in version ${version}`, async at => {
        const first = await settled(at)
        const second = newcomer(at, { group: first.group, protocols: ['other'], version })
        await second.join()
      }),
    ]),
    scenario('a member that knows its id and has no protocol in common any more', async at => {
      const first = await settled(at)
      const second = await joinedBy(at, first)
      await second.join({ protocols: ['other'] })
    }),
    scenario('a member alone may change its protocol', async at => {
      const first = await settled(at)
      await first.join({ protocols: ['other'] })
    }),
    scenario('a group that was left by all takes another protocol type', async at => {
      const first = await settled(at)
      await first.leave()
      await newcomer(at, { group: first.group, protocolType: 'connect', protocols: ['x'] }).enter()
    }),
    scenario('a follower that joins again with the same protocols goes on', async at => {
      const first = await settled(at)
      const second = await joinedBy(at, first)
      const following = second.sync()
      await first.sync({ assignments: { [first.memberId]: 'a', [second.memberId]: 'b' } })
      await following
      await second.join()
      await second.sync()
      await first.heartbeat()
    }),
    scenario('a leader that joins again makes the group rebalance', async at => {
      const first = await settled(at)
      await first.join()
      await first.heartbeat()
      await first.sync({ assignments: { [first.memberId]: 'anew' } })
    }),
    scenario('a member that joins again before the leader has spoken gets the same answer', async at => {
      const first = newcomer(at)
      await first.enter()
      await first.join()
      await first.sync()
    }),
    scenario('two that join at once are one generation', async at => {
      const first = await settled(at)
      const others = [
        await GroupMember.connected(at, { group: first.group }),
        await GroupMember.connected(at, { group: first.group }),
      ]
      for (const each of others) await each.join()
      const joining = others.map(each => each.join())
      await first.rebalances()
      await at.pause(200)
      await Promise.all([first.join(), ...joining])
    }),
    scenario('a group may have three members here, and the fourth gets GROUP_MAX_SIZE_REACHED', async at => {
      const first = await settled(at)
      const second = await joinedBy(at, first)
      const third = await GroupMember.connected(at, { group: first.group })
      const entering = third.enter()
      await first.rebalances()
      await Promise.all([first.join(), second.join(), entering])
      for (const version of [3, 4, 9]) await newcomer(at, { group: first.group, version }).enter()
    }),
    scenario('a client id names the member', async at => {
      for (const clientId of [null, '', 'a client']) {
        const caller = await at.caller(clientId)
        await newcomer(at, { caller, version: 3 }).join()
      }
    }),

    // Sync
    ...eachVersion(syncGroup, 'the leader assigns, and a second sync tells it again', async (at, version) => {
      const member = newcomer(at)
      await member.enter()
      await member.sync({ version, assignments: { [member.memberId]: 'all' } })
      await member.sync({ version })
    }),
    ...[0, 5].flatMap(version => [
      scenario(`an empty group id is INVALID_GROUP_ID in SyncGroup ${version}`, async at => {
        await (await settled(at)).sync({ groupId: '', version })
      }),
      scenario(`a group that is not there, in SyncGroup ${version}`, async at => {
        await newcomer(at).sync({ memberId: stranger, generationId: 1, version })
      }),
      scenario(`a member that is not there is UNKNOWN_MEMBER_ID in SyncGroup ${version}`, async at => {
        await (await settled(at)).sync({ memberId: stranger, version })
      }),
      scenario(`another generation is ILLEGAL_GENERATION in SyncGroup ${version}`, async at => {
        const member = await settled(at)
        for (const generationId of [0, 2, -1]) await member.sync({ generationId, version })
      }),
    ]),
    scenario('an unknown member and a wrong generation, in SyncGroup', async at => {
      await (await settled(at)).sync({ memberId: stranger, generationId: 9 })
    }),
    scenario('a wrong protocol type or name is INCONSISTENT_GROUP_PROTOCOL', async at => {
      const member = await settled(at)
      await member.sync({ protocolType: 'connect', protocolName: 'range' })
      await member.sync({ protocolType: 'consumer', protocolName: 'other' })
      await member.sync({ protocolType: 'consumer', protocolName: 'range' })
      await member.sync({ protocolType: null, protocolName: 'other' })
    }),
    scenario('a wrong protocol and a wrong generation', async at => {
      await (await settled(at)).sync({ protocolType: 'connect', protocolName: 'range', generationId: 7 })
    }),
    scenario('a sync while the group rebalances is REBALANCE_IN_PROGRESS', async at => {
      const first = await settled(at)
      const second = await GroupMember.connected(at, { group: first.group })
      const entering = second.enter()
      await first.rebalances()
      await first.sync()
      await first.join()
      await entering
    }),
    scenario('a member that waits for its assignment hears when the group rebalances', async at => {
      const first = await settled(at)
      const second = await joinedBy(at, first)
      const following = second.sync()
      await at.pause(100)
      const joining = first.join({ protocols: ['range', 'other'] })
      await following
      await Promise.all([joining, second.join()])
    }),
    scenario('a member that was given nothing gets nothing', async at => {
      const first = newcomer(at)
      await first.enter()
      await first.sync({ assignments: {} })
    }),
    scenario('assignments for strangers are forgotten', async at => {
      const first = newcomer(at)
      await first.enter()
      await first.sync({ assignments: { [stranger]: 'x', [first.memberId]: 'y' } })
    }),
    scenario("a follower's assignments are forgotten", async at => {
      const first = await settled(at)
      const second = await joinedBy(at, first)
      const following = second.sync({ assignments: { [second.memberId]: 'usurped' } })
      await first.sync({ assignments: { [first.memberId]: 'a', [second.memberId]: 'b' } })
      await following
    }),

    // Heartbeat
    ...eachVersion(heartbeat, 'a heartbeat', async (at, version) => {
      await (await settled(at)).heartbeat({ version })
    }),
    ...[0, 4].flatMap(version => [
      scenario(`an empty group id is INVALID_GROUP_ID in Heartbeat ${version}`, async at => {
        await (await settled(at)).heartbeat({ groupId: '', version })
      }),
      scenario(`a group that is not there, in Heartbeat ${version}`, async at => {
        await newcomer(at).heartbeat({ memberId: stranger, generationId: 1, version })
      }),
      scenario(`a member that is not there is UNKNOWN_MEMBER_ID in Heartbeat ${version}`, async at => {
        await (await settled(at)).heartbeat({ memberId: stranger, version })
      }),
      scenario(`another generation is ILLEGAL_GENERATION in Heartbeat ${version}`, async at => {
        const member = await settled(at)
        for (const generationId of [0, 2, -1]) await member.heartbeat({ generationId, version })
      }),
    ]),
    scenario('an unknown member and a wrong generation, in Heartbeat', async at => {
      await (await settled(at)).heartbeat({ memberId: stranger, generationId: 9 })
    }),
    scenario('a heartbeat before the assignment is there', async at => {
      const member = newcomer(at)
      await member.enter()
      await member.heartbeat()
    }),
    scenario('a heartbeat with an empty member id', async at => {
      await (await settled(at)).heartbeat({ memberId: '' })
    }),
    scenario('a heartbeat of a member that has an id and has not joined', async at => {
      const member = newcomer(at)
      await member.join()
      await member.heartbeat({ generationId: 0 })
      await member.heartbeat({ generationId: -1 })
    }),
    scenario('a heartbeat of one generation ago, while the group rebalances', async at => {
      const first = await settled(at)
      const second = await GroupMember.connected(at, { group: first.group })
      const entering = second.enter()
      await first.rebalances()
      await first.heartbeat({ generationId: first.generationId - 1 })
      await first.join()
      await entering
    }),

    // Leave
    ...eachVersion(leaveGroup, 'a member leaves', async (at, version) => {
      const member = await settled(at)
      await member.leave(version)
      await member.heartbeat()
    }),
    ...[0, 2, 3, 5].flatMap(version => [
      scenario(`a stranger leaves, in version ${version}`, async at => {
        const member = await settled(at)
        member.memberId = stranger
        await member.leave(version)
      }),
      scenario(`a stranger leaves a group that is not there, in version ${version}`, async at => {
        const member = newcomer(at)
        member.memberId = stranger
        await member.leave(version)
      }),
      scenario(`an empty group id is INVALID_GROUP_ID in LeaveGroup ${version}`, async at => {
        await newcomer(at, { group: '' }).leave(version)
      }),
    ]),
    scenario('the other member hears when one leaves', async at => {
      const first = await settled(at)
      const second = await joinedBy(at, first)
      const following = second.sync()
      await first.sync({ assignments: {} })
      await following
      await second.leave()
      await first.heartbeat()
      await first.join()
    }),
    scenario('a member that leaves while it joins has its answer', async at => {
      const first = await settled(at)
      const second = await GroupMember.connected(at, { group: first.group })
      await second.join()
      const joining = second.join()
      await first.rebalances()
      await first.caller.ask(leaveGroup, 5, {
        groupId: first.group,
        members: [{ memberId: second.memberId }],
      })
      await joining
      await first.join()
    }),
    scenario('a member that has an id and has not joined leaves', async at => {
      const member = newcomer(at)
      await member.join()
      await member.leave()
      await member.join()
    }),
    scenario('several leave at once, one of them a stranger', async at => {
      const first = await settled(at)
      const second = await joinedBy(at, first)
      const members = [first.memberId, stranger, second.memberId].map(memberId => ({ memberId }))
      await at.ask(leaveGroup, 5, { groupId: first.group, members })
    }),
    scenario('a request without members', async at => {
      const first = await settled(at)
      await at.ask(leaveGroup, 5, { groupId: first.group, members: [] })
      await at.ask(leaveGroup, 5, { groupId: at.name(), members: [] })
      await first.heartbeat()
    }),
    scenario('the same member twice in one LeaveGroup', async at => {
      const { group: groupId, memberId } = await settled(at)
      await at.ask(leaveGroup, 5, { groupId, members: [{ memberId }, { memberId }] })
    }),
    scenario('the leader leaves, and the other leads', async at => {
      const first = await settled(at)
      const second = await joinedBy(at, first)
      const following = second.sync()
      await first.sync({ assignments: {} })
      await following
      await first.leave()
      await second.join()
    }),
  ],
}
