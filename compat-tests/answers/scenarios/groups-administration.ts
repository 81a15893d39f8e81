import { consumerGroupHeartbeat } from '../../../src/wire/apis/consumer-group-heartbeat.js'
import { deleteGroups } from '../../../src/wire/apis/delete-groups.js'
import { describeGroups } from '../../../src/wire/apis/describe-groups.js'
import { listGroups } from '../../../src/wire/apis/list-groups.js'
import { offsetCommit } from '../../../src/wire/apis/offset-commit.js'
import { offsetFetch } from '../../../src/wire/apis/offset-fetch.js'
import { GroupMember, type MemberOptions } from '../group-member.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

async function settled(at: Stage, options: Partial<MemberOptions> = {}): Promise<GroupMember> {
  const member = new GroupMember(at, { group: at.name(), ...options })
  await member.settle()
  return member
}

/** A group without members, with an offset. */
async function offsetsOnly(at: Stage): Promise<string> {
  const [{ name }, groupId] = [await at.topic(), at.name()]
  await at.quietly(offsetCommit, 8, {
    groupId,
    memberId: '',
    topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset: 3n }] }],
  })
  return groupId
}

/** Notes the answer of ListGroups about this scenario's own groups. */
async function listed(
  at: Stage,
  groups: readonly string[],
  { version = 5, statesFilter = [] as string[], typesFilter = [] as string[] } = {},
): Promise<void> {
  const answer = await at.quietly(listGroups, version, {
    ...(version >= 4 ? { statesFilter } : {}),
    ...(version >= 5 ? { typesFilter } : {}),
  })
  at.note('ListGroups of mine', {
    errorCode: answer.errorCode,
    groups: groups.map(each => answer.groups.find(({ groupId }) => groupId === each) ?? null),
  })
}

async function consumerGroup(at: Stage): Promise<string> {
  const [{ name }, groupId] = [await at.topic(), at.name()]
  await at.quietly(consumerGroupHeartbeat, 1, {
    groupId,
    memberId: 'a-member-of-new-group',
    memberEpoch: 0,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: [name],
    topicPartitions: [],
  })
  return groupId
}

export const groupsAdministrationFamily: Family = {
  name: 'Groups administration',
  scenarios: [
    // DescribeGroups
    ...eachVersion(describeGroups, 'a stable group', async (at, version) => {
      const { group } = await settled(at)
      await at.ask(describeGroups, version, { groups: [group] })
    }),
    ...eachVersion(describeGroups, 'a group that is not there', async (at, version) => {
      await at.ask(describeGroups, version, { groups: [at.name()] })
    }),
    scenario('a group without members', async at => {
      const member = await settled(at)
      await member.leave()
      await at.ask(describeGroups, 5, { groups: [member.group] })
    }),
    scenario('a group with nothing but offsets', async at => {
      await at.ask(describeGroups, 5, { groups: [await offsetsOnly(at)] })
    }),
    scenario('a group whose members have no assignments yet', async at => {
      const member = new GroupMember(at, { group: at.name() })
      await member.enter()
      await at.ask(describeGroups, 5, { groups: [member.group] })
    }),
    scenario('a group that rebalances', async at => {
      const first = await settled(at)
      const second = await GroupMember.connected(at, { group: first.group })
      const entering = second.enter()
      await first.rebalances()
      await at.pause(100)
      await at.ask(describeGroups, 5, { groups: [first.group] })
      await Promise.all([first.join(), entering])
    }),
    scenario('a group whose only member has an id and has not joined', async at => {
      const member = new GroupMember(at, { group: at.name() })
      await member.join()
      await at.ask(describeGroups, 5, { groups: [member.group] })
    }),
    scenario('several groups, one of them twice, one that is not there', async at => {
      const [one, two] = [await settled(at), await settled(at, { protocolType: 'connect' })]
      await at.ask(describeGroups, 6, { groups: [two.group, at.name(), one.group, two.group] })
    }),
    scenario('no groups', async at => {
      await at.ask(describeGroups, 6, { groups: [] })
    }),
    ...[0, 5, 6].map(version =>
      scenario(`the empty group id, in DescribeGroups ${version}`, async at => {
        await at.ask(describeGroups, version, { groups: [''] })
      }),
    ),
    ...[3, 5, 6].map(version =>
      scenario(`what a client may do with a group, in version ${version}`, async at => {
        const { group } = await settled(at)
        await at.ask(describeGroups, version, {
          groups: [group, at.name()],
          includeAuthorizedOperations: true,
        })
      }),
    ),
    ...[5, 6].map(version =>
      scenario(`a consumer group is not described as a classic one, in version ${version}`, async at => {
        await at.ask(describeGroups, version, { groups: [await consumerGroup(at)] })
      }),
    ),

    // ListGroups
    ...eachVersion(listGroups, 'groups are listed', async (at, version) => {
      await listed(at, [(await settled(at)).group, await offsetsOnly(at), at.name()], { version })
    }),
    ...[
      ['Stable'],
      ['stable'],
      ['Empty'],
      ['STABLE', 'Empty'],
      ['Nonsense'],
      [''],
      ['Dead'],
      ['Assigning'],
    ].map(statesFilter =>
      scenario(`groups in the states ${statesFilter.join(' and ')}`, async at => {
        await listed(at, [(await settled(at)).group, await offsetsOnly(at)], { statesFilter })
      }),
    ),
    ...[['classic'], ['Classic'], ['consumer'], ['Nonsense'], ['share'], ['CONSUMER', 'classic'], ['']].map(
      typesFilter =>
        scenario(`groups of the types ${typesFilter.join(' and ')}`, async at => {
          const groups = [(await settled(at)).group, await offsetsOnly(at), await consumerGroup(at)]
          await listed(at, groups, { typesFilter })
        }),
    ),
    scenario('groups of a type and in a state', async at => {
      const groups = [(await settled(at)).group, await offsetsOnly(at), await consumerGroup(at)]
      await listed(at, groups, { typesFilter: ['classic'], statesFilter: ['Empty'] })
      await listed(at, groups, { typesFilter: ['consumer'], statesFilter: ['Stable'] })
    }),
    scenario('a group that rebalances is listed', async at => {
      const first = await settled(at)
      const second = await GroupMember.connected(at, { group: first.group })
      const entering = second.enter()
      await first.rebalances()
      await listed(at, [first.group], { statesFilter: ['PreparingRebalance'] })
      await Promise.all([first.join(), entering])
      await listed(at, [first.group], { statesFilter: ['CompletingRebalance'] })
    }),

    // DeleteGroups
    ...eachVersion(deleteGroups, 'a group without members is deleted', async (at, version) => {
      const groupId = await offsetsOnly(at)
      await at.ask(deleteGroups, version, { groupsNames: [groupId] })
      await at.ask(describeGroups, 5, { groups: [groupId] })
      await at.ask(offsetFetch, 7, { groupId, topics: null })
    }),
    ...eachVersion(deleteGroups, 'a group with members is NON_EMPTY_GROUP', async (at, version) => {
      const member = await settled(at)
      await at.ask(deleteGroups, version, { groupsNames: [member.group] })
      await member.heartbeat()
    }),
    ...eachVersion(deleteGroups, 'a group that is not there is GROUP_ID_NOT_FOUND', async (at, version) => {
      await at.ask(deleteGroups, version, { groupsNames: [at.name()] })
    }),
    ...[0, 2].map(version =>
      scenario(`the empty group id, in DeleteGroups ${version}`, async at => {
        await at.ask(deleteGroups, version, { groupsNames: [''] })
      }),
    ),
    scenario('several groups are deleted, one of them twice', async at => {
      const groups = [await offsetsOnly(at), at.name(), (await settled(at)).group, await offsetsOnly(at)]
      await at.ask(deleteGroups, 2, { groupsNames: [...groups, groups[0] as string] })
    }),
    scenario('no groups are deleted', async at => {
      await at.ask(deleteGroups, 2, { groupsNames: [] })
    }),
    scenario('a group is deleted twice', async at => {
      const groupId = await offsetsOnly(at)
      await at.ask(deleteGroups, 2, { groupsNames: [groupId] })
      await at.ask(deleteGroups, 2, { groupsNames: [groupId] })
    }),
    scenario('a group whose last member left is deleted', async at => {
      const member = await settled(at)
      await member.leave()
      await at.ask(deleteGroups, 2, { groupsNames: [member.group] })
    }),
    scenario('a group whose only member has an id and has not joined is deleted', async at => {
      const member = new GroupMember(at, { group: at.name() })
      await member.join()
      await at.ask(deleteGroups, 2, { groupsNames: [member.group] })
    }),
    scenario('a consumer group with members is NON_EMPTY_GROUP', async at => {
      await at.ask(deleteGroups, 2, { groupsNames: [await consumerGroup(at)] })
    }),
  ],
}
