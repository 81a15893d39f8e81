import { describeGroups } from '../../../src/wire/apis/describe-groups.js'
import { leaveGroup } from '../../../src/wire/apis/leave-group.js'
import { GroupMember, type MemberOptions } from '../group-member.js'
import { type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

const instance = (at: Stage, groupInstanceId: string, options: Partial<MemberOptions> = {}): GroupMember =>
  new GroupMember(at, { group: at.name(), groupInstanceId, ...options })

async function settled(at: Stage, name = 'one', options: Partial<MemberOptions> = {}): Promise<GroupMember> {
  const member = instance(at, name, options)
  await member.settle()
  return member
}

/** Two static members, of which the first leads; both have their assignments. */
async function pair(at: Stage): Promise<[GroupMember, GroupMember]> {
  const first = await settled(at)
  const second = await GroupMember.connected(at, { group: first.group, groupInstanceId: 'two' })
  const entering = second.enter()
  await first.rebalances()
  await Promise.all([entering, first.join()])
  const following = second.sync()
  await first.sync({ assignments: { [first.memberId]: 'a', [second.memberId]: 'b' } })
  await following
  return [first, second]
}

const stranger = 'one-00000000-0000-0000-0000-000000000000'

export const staticMembersFamily: Family = {
  name: 'Static members',
  scenarios: [
    ...[5, 7, 9].map(version =>
      scenario(`an instance joins and is a member at once, in version ${version}`, async at => {
        await settled(at, 'one', { version })
      }),
    ),
    ...[5, 8, 9].map(version =>
      scenario(
        `an instance comes back without its id, and no member rebalances, in version ${version}`,
        async at => {
          const [first, second] = await pair(at)
          const again = instance(at, 'two', { group: first.group, version })
          await again.join()
          await again.sync()
          await first.heartbeat()
          await second.heartbeat()
        },
      ),
    ),
    ...[5, 8, 9].map(version =>
      scenario(`the leader comes back without its id, in version ${version}`, async at => {
        const [first, second] = await pair(at)
        const again = instance(at, 'one', { group: first.group, version })
        await again.join()
        await again.sync({ assignments: { [again.memberId]: 'x', [second.memberId]: 'y' } })
        await first.heartbeat()
        await second.heartbeat()
      }),
    ),
    scenario('an instance comes back with its id', async at => {
      const [first, second] = await pair(at)
      await second.join()
      await second.sync()
      await first.heartbeat()
    }),
    scenario('an instance comes back and knows another protocol: all rebalance', async at => {
      const [first] = await pair(at)
      const again = await GroupMember.connected(at, {
        group: first.group,
        groupInstanceId: 'two',
        protocols: ['range', 'new'],
      })
      const joining = again.join()
      await first.rebalances()
      await Promise.all([first.join(), joining])
    }),
    scenario('an instance comes back and has no protocol in common', async at => {
      const [first] = await pair(at)
      await instance(at, 'two', { group: first.group, protocols: ['other'] }).join()
    }),
    scenario('an instance alone comes back', async at => {
      const first = await settled(at)
      const again = instance(at, 'one', { group: first.group })
      await again.join()
      await again.sync({ assignments: { [again.memberId]: 'anew' } })
      await first.heartbeat()
      await first.sync()
      await first.join()
    }),
    scenario('a replaced member is FENCED_INSTANCE_ID', async at => {
      const [first, second] = await pair(at)
      await instance(at, 'two', { group: first.group }).join()
      await second.heartbeat()
      await second.sync()
      await second.join()
    }),
    scenario('a replaced member that does not send its name is UNKNOWN_MEMBER_ID', async at => {
      const [first, second] = await pair(at)
      await instance(at, 'two', { group: first.group }).join()
      await second.heartbeat({ groupInstanceId: null })
      await second.sync({ groupInstanceId: null })
    }),
    scenario('an unknown id and a name that is taken', async at => {
      const [first] = await pair(at)
      await first.join({ memberId: stranger })
      await first.sync({ memberId: stranger })
      await first.heartbeat({ memberId: stranger })
    }),
    scenario('an unknown name', async at => {
      const [first] = await pair(at)
      await first.sync({ groupInstanceId: 'three' })
      await first.heartbeat({ groupInstanceId: 'three' })
      await first.join({ groupInstanceId: 'three' })
    }),
    scenario("another one's name", async at => {
      const [first] = await pair(at)
      await first.sync({ groupInstanceId: 'two' })
      await first.heartbeat({ groupInstanceId: 'two' })
      await first.join({ groupInstanceId: 'two' })
    }),
    scenario('a fenced member in a wrong generation', async at => {
      const [first] = await pair(at)
      await first.heartbeat({ groupInstanceId: 'two', generationId: 99 })
      await first.heartbeat({ groupInstanceId: 'three', generationId: 99 })
    }),
    scenario('a member id in an empty group, with a name', async at => {
      await instance(at, 'one').join({ memberId: stranger })
    }),
    scenario('an instance that waits for its join is fenced by another', async at => {
      const first = await settled(at)
      const second = await GroupMember.connected(at, { group: first.group, groupInstanceId: 'two' })
      const waiting = second.join()
      await first.rebalances()
      const usurper = await GroupMember.connected(at, { group: first.group, groupInstanceId: 'two' })
      const entering = usurper.join()
      await waiting
      await Promise.all([first.join(), entering])
    }),
    scenario('an instance that waits for its assignment is fenced by another', async at => {
      const first = await settled(at)
      const second = await GroupMember.connected(at, { group: first.group, groupInstanceId: 'two' })
      const entering = second.join()
      await first.rebalances()
      await Promise.all([first.join(), entering])
      const waiting = second.sync()
      await at.pause(100)
      const usurper = await GroupMember.connected(at, { group: first.group, groupInstanceId: 'two' })
      const replacing = usurper.join()
      await waiting
      await Promise.all([replacing, first.join()])
    }),
    scenario('an instance name with another client id', async at => {
      const [first] = await pair(at)
      const caller = await at.caller('someone else')
      await instance(at, 'two', { group: first.group, caller }).join()
    }),
    ...['', 'x'.repeat(250), 'no good name!', '.'].map(name =>
      scenario(`an instance that is called '${name.slice(0, 15)}'`, async at => {
        await instance(at, name).join()
      }),
    ),

    // Leaving
    ...[3, 4, 5].map(version =>
      scenario(`an instance is removed by its name, in version ${version}`, async at => {
        const [first, second] = await pair(at)
        const members = [{ memberId: '', groupInstanceId: 'two' }]
        await at.ask(leaveGroup, version, { groupId: first.group, members })
        await first.heartbeat()
        await second.heartbeat()
      }),
    ),
    scenario('an unknown name is UNKNOWN_MEMBER_ID', async at => {
      const [first] = await pair(at)
      const members = [{ memberId: '', groupInstanceId: 'three' }]
      await at.ask(leaveGroup, 5, { groupId: first.group, members })
      await first.heartbeat()
    }),
    scenario("a name and another one's id is FENCED_INSTANCE_ID", async at => {
      const [first, second] = await pair(at)
      const members = [
        { memberId: second.memberId, groupInstanceId: 'one' },
        { memberId: second.memberId, groupInstanceId: 'three' },
        { memberId: second.memberId, groupInstanceId: 'two' },
      ]
      await at.ask(leaveGroup, 5, { groupId: first.group, members })
    }),
    scenario('a name of a group that is not there', async at => {
      await at.ask(leaveGroup, 5, {
        groupId: at.name(),
        members: [{ memberId: '', groupInstanceId: 'one' }],
      })
    }),
    scenario('an instance leaves by its id alone', async at => {
      const [first, second] = await pair(at)
      await second.leave()
      await first.heartbeat()
    }),
    scenario('all leave by name', async at => {
      const [first] = await pair(at)
      const members = ['one', 'two'].map(groupInstanceId => ({ memberId: '', groupInstanceId }))
      await at.ask(leaveGroup, 5, { groupId: first.group, members })
      await at.ask(describeGroups, 5, { groups: [first.group] })
    }),
    ...[3, 4, 5].map(version =>
      scenario(`static members are described in version ${version}`, async at => {
        const [first] = await pair(at)
        await at.ask(describeGroups, version, { groups: [first.group] })
      }),
    ),
  ],
}
