import { consumerProtocolSubscription } from '../../../src/groups/shared/embedded-protocol.js'
import { consumerGroupDescribe } from '../../../src/wire/apis/consumer-group-describe.js'
import { consumerGroupHeartbeat } from '../../../src/wire/apis/consumer-group-heartbeat.js'
import { deleteGroups } from '../../../src/wire/apis/delete-groups.js'
import { describeGroups } from '../../../src/wire/apis/describe-groups.js'
import { heartbeat } from '../../../src/wire/apis/heartbeat.js'
import { leaveGroup } from '../../../src/wire/apis/leave-group.js'
import { offsetCommit } from '../../../src/wire/apis/offset-commit.js'
import { offsetDelete } from '../../../src/wire/apis/offset-delete.js'
import { offsetFetch } from '../../../src/wire/apis/offset-fetch.js'
import { errorCodes } from '../../../src/wire/errors.js'
import { encodeMessage } from '../../../src/wire/stored-message.js'
import { ConsumerMember, type ConsumerMemberOptions } from '../consumer-member.js'
import { differences } from '../differences.js'
import { GroupMember } from '../group-member.js'
import { unknown } from '../partition-requests.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { MadeTopic, Stage } from '../stage.js'

const described = (
  at: Stage,
  groupIds: readonly string[],
  version = 1,
  includeAuthorizedOperations = false,
) => at.ask(consumerGroupDescribe, version, { groupIds, includeAuthorizedOperations })

/** The only member of a group that reads one topic. */
async function alone(at: Stage, options: ConsumerMemberOptions = {}, partitions = 2) {
  const topic = await at.topic({ partitions })
  return { topic, member: await ConsumerMember.joined(at, { topics: [topic], ...options }) }
}

/** The joins that the coordinator refuses by themselves, each with its fault. */
const refusedJoins: readonly (readonly [string, Parameters<ConsumerMember['join']>[0]])[] = [
  ['an empty group id', { group: '' }],
  ['a blank group id', { group: ' ' }],
  ['an empty member id', { memberId: '' }],
  ['an empty instance id', { instanceId: '' }],
  ['an empty rack', { rackId: '' }],
  ['no rebalance timeout', { rebalanceTimeoutMs: -1 }],
  ['nothing subscribed', { topics: null }],
  ['partitions that it owns', { owned: [{ topicId: unknown.id, partitions: [0] }] }],
  ['an unknown assignor', { assignor: 'sticky' }],
  ['an empty assignor', { assignor: '' }],
  ['an epoch below all others', { epoch: -3 }],
  ['leaving for a while without an instance id', { epoch: -2 }],
  ['a broken regular expression', { regex: '(' }],
  ['a regular expression with a look-ahead', { regex: '(?=a).*' }],
  ['a broken regular expression and an unknown assignor', { regex: '[', assignor: 'x' }],
  ['an epoch in a group that is not there', { epoch: 4 }],
  ['leaving a group that is not there', { epoch: -1 }],
  ['leaving a group that is not there for a while', { epoch: -2, instanceId: 'one' }],
]

export const consumerGroupHeartbeatFamily: Family = {
  name: 'ConsumerGroupHeartbeat',
  scenarios: [
    ...eachVersion(consumerGroupHeartbeat, 'a member joins, stays and leaves', async (at, version) => {
      const topic = await at.topic({ partitions: 3 })
      const member = new ConsumerMember(at, { topics: [topic], version })
      await member.join()
      await member.acknowledge()
      await member.beat()
      await member.leave()
      await member.beat()
      await described(at, [member.group])
    }),
    ...refusedJoins.flatMap(([what, changes]) =>
      [0, 1].map(version =>
        scenario(`${what}, in version ${version}`, async at => {
          const topic = await at.topic()
          const { regex, ...others } = changes ?? {}
          const member = new ConsumerMember(at, { topics: [topic], version })
          await member.join(version >= 1 ? (changes ?? {}) : others)
          if (version === 0 && regex) return
          await described(at, [member.group])
        }),
      ),
    ),
    ...['range', 'uniform', null].map(assignor =>
      scenario(`the assignor ${assignor ?? 'of the broker'}`, async at => {
        const topics = [await at.topic({ partitions: 3 }), await at.topic({ partitions: 2 })]
        const member = new ConsumerMember(at, { topics, assignor })
        await member.join()
        await member.acknowledge()
        await described(at, [member.group])
      }),
    ),
    scenario('a member changes its assignor', async at => {
      const { member } = await alone(at)
      await member.beat({ assignor: 'range' })
      await member.beat()
      await described(at, [member.group])
      await member.beat({ assignor: 'nonsense' })
    }),
    scenario('a topic that is not there', async at => {
      const member = new ConsumerMember(at, { topics: [unknown] })
      await member.join()
      await member.beat()
      await described(at, [member.group])
    }),
    scenario('no topics at all', async at => {
      const member = new ConsumerMember(at, { topics: [] })
      await member.join()
      await member.beat()
      await described(at, [member.group])
    }),
    scenario('the same topic twice', async at => {
      const topic = await at.topic()
      const member = new ConsumerMember(at, { topics: [topic, topic] })
      await member.join()
      await described(at, [member.group])
    }),
    scenario('another topic is subscribed, and then none', async at => {
      const other = await at.topic() // before the group: Kafka's coordinator hears of topics some time later
      const { member } = await alone(at)
      await member.beat({ topics: [other] })
      await member.settle()
      await described(at, [member.group])
      await member.beat({ topics: [] })
      await member.settle()
      await described(at, [member.group])
    }),
    scenario('a member gives back the partitions that it lost when another comes', async at => {
      const topic = await at.topic({ partitions: 4 })
      const first = await ConsumerMember.joined(at, { topics: [topic] })
      const second = new ConsumerMember(at, { group: first.group, topics: [topic] })
      await second.join()
      await described(at, [first.group])
      await first.settle()
      await second.settle()
      await first.settle()
      await described(at, [first.group])
    }),
    scenario('a third member has a full group', async at => {
      const topic = await at.topic({ partitions: 3 })
      const { group } = await ConsumerMember.joined(at, { topics: [topic] })
      await ConsumerMember.joined(at, { group, topics: [topic] })
      await ConsumerMember.joined(at, { group, topics: [topic] })
      await new ConsumerMember(at, { group, topics: [topic] }).join()
    }),

    // Epochs
    scenario('a member that the group does not know is UNKNOWN_MEMBER_ID', async at => {
      const { member } = await alone(at)
      for (const epoch of [1, 2, -1]) await member.beat({ memberId: 'nobody', epoch })
    }),
    scenario('an epoch to come, and one of the past, are FENCED_MEMBER_EPOCH', async at => {
      const { topic, member } = await alone(at)
      await member.beat({ epoch: member.epoch + 1 })
      const [before, second] = [
        member.epoch,
        new ConsumerMember(at, { group: member.group, topics: [topic] }),
      ]
      await second.join()
      await member.settle()
      await member.beat({ epoch: before, owned: [] })
      await member.beat({ epoch: before - 1 })
    }),
    scenario('an answer was lost: the epoch before with what is owned still', async at => {
      const topic = await at.topic({ partitions: 1 })
      const member = await ConsumerMember.joined(at, { topics: [topic] })
      const before = member.epoch
      await member.beat({ topics: [topic, await at.topic()] })
      await member.beat({ epoch: before, owned: [{ topicId: topic.id, partitions: [0] }] })
      await member.beat({ epoch: before, owned: [{ topicId: unknown.id, partitions: [0] }] })
      await member.beat({ epoch: before })
    }),
    scenario('a member joins again', async at => {
      const { member } = await alone(at)
      await member.join()
      await member.acknowledge()
      await described(at, [member.group])
    }),

    // Static members
    scenario('a static member leaves for a while and comes back under another id', async at => {
      const { topic, member } = await alone(at, { instanceId: 'one' })
      await member.leave(-2)
      await described(at, [member.group])
      const again = new ConsumerMember(at, { group: member.group, instanceId: 'one', topics: [topic] })
      await again.join()
      await again.acknowledge()
      await described(at, [member.group])
      await member.beat()
    }),
    scenario('an instance id that is taken is UNRELEASED_INSTANCE_ID', async at => {
      const { topic, member } = await alone(at, { instanceId: 'one' })
      const other = new ConsumerMember(at, { group: member.group, instanceId: 'one', topics: [topic] })
      await other.join()
      await member.beat({ instanceId: 'one' })
    }),
    scenario('a member that is not the instance is FENCED_INSTANCE_ID', async at => {
      const { member } = await alone(at, { instanceId: 'one' })
      await member.beat({ memberId: 'nobody', instanceId: 'one' })
      await member.leave(-2, { memberId: 'nobody' })
      await member.leave(-1, { memberId: 'nobody' })
    }),
    scenario('an instance id that the group does not know', async at => {
      const { member } = await alone(at)
      await member.beat({ instanceId: 'two' })
      await member.beat({ memberId: 'nobody', instanceId: 'two', epoch: 1 })
      await member.leave(-2, { instanceId: 'two' })
    }),
    scenario('a static member leaves for good', async at => {
      const { member } = await alone(at, { instanceId: 'one' })
      await member.leave(-1)
      await described(at, [member.group])
    }),
    scenario('a static member that is away leaves again, and beats', async at => {
      const { member } = await alone(at, { instanceId: 'one' })
      await member.leave(-2)
      await member.beat({ epoch: -2, instanceId: 'one' })
      await member.beat({ epoch: 1, instanceId: 'one' })
    }),

    // Regular expressions
    scenario('a regular expression is subscribed', async at => {
      const name = at.name()
      await at.topic({ name: `${name}-a` })
      await at.topic({ name: `${name}-b`, partitions: 2 })
      const member = new ConsumerMember(at, { regex: `${name}-[ab]`, topics: [] })
      await member.join()
      await at.pause(500)
      await member.settle()
      await described(at, [member.group])
    }),
    scenario('a regular expression beside topics, and then without', async at => {
      const [one, two] = [await at.topic(), await at.topic()]
      const member = await ConsumerMember.joined(at, { regex: two.name, topics: [one] })
      await at.pause(500)
      await member.settle()
      await described(at, [member.group])
      await member.beat({ regex: '' })
      await member.settle()
      await described(at, [member.group])
    }),
    ...['(', 'a{1001}', '(?=x)', '(a)\\1', '[z-a]', '*'].map(regex =>
      scenario(`the regular expression ${regex} is INVALID_REGULAR_EXPRESSION`, async at => {
        await new ConsumerMember(at, { regex }).join()
      }),
    ),
    scenario('a member changes to a broken regular expression', async at => {
      const { member } = await alone(at)
      await member.beat({ regex: '(' })
      await member.beat()
    }),

    scenario(
      'a regular expression of more than 4096 characters',
      async at => {
        const member = new ConsumerMember(at, { regex: 'a'.repeat(4097) })
        await member.join()
        await described(at, [member.group])
      },
      { differs: differences.expressions },
    ),

    // Classic members and groups
    scenario('a member that speaks the new protocol joins a classic group that is empty', async at => {
      const [topic, classic] = [await at.topic(), new GroupMember(at, { group: at.name() })]
      await classic.settle()
      await classic.leave()
      const member = new ConsumerMember(at, { group: classic.group, topics: [topic] })
      await member.join()
      await described(at, [member.group])
    }),
    scenario('a classic group of another protocol with members is not joined', async at => {
      const topic = await at.topic()
      const classic = new GroupMember(at, { group: at.name(), protocolType: 'connect' })
      await classic.settle()
      await new ConsumerMember(at, { group: classic.group, topics: [topic] }).join()
      await described(at, [classic.group])
    }),
    scenario(
      'a static member turns a group into a classic one while another waits for its assignment',
      async at => {
        const { topic, member } = await alone(at, { instanceId: 'one' }, 4)
        const metadata = encodeMessage(consumerProtocolSubscription, 3, { topics: [topic.name] })
        const classic = { group: member.group, metadata }
        const other = await GroupMember.connected(at, classic)
        await other.settle()
        const back = await GroupMember.connected(at, { ...classic, groupInstanceId: 'one' })
        back.joinUnheard()
        await at.until(({ groups }) => groups[0]?.errorCode === errorCodes.NONE, describeGroups, 6, {
          groups: [member.group],
        })
        await other.heartbeat()
      },
      { differs: differences.goingBack },
    ),
    scenario('a classic heartbeat and leave of a consumer group', async at => {
      const { member } = await alone(at)
      const { group: groupId, memberId, epoch } = member
      await at.ask(heartbeat, 4, { groupId, memberId, generationId: epoch })
      await at.ask(leaveGroup, 5, { groupId, members: [{ memberId }, { memberId: 'nobody' }] })
    }),
    scenario('a classic member of another protocol joins a consumer group', async at => {
      const { member } = await alone(at)
      const classic = new GroupMember(at, { group: member.group, protocolType: 'connect' })
      await classic.enter()
      const broken = new GroupMember(at, { group: member.group, metadata: Buffer.from('x') })
      await broken.enter()
    }),
  ],
}

export const consumerGroupDescribeFamily: Family = {
  name: 'ConsumerGroupDescribe',
  scenarios: [
    ...eachVersion(consumerGroupDescribe, 'a group with a member', async (at, version) => {
      const { member } = await alone(at, { instanceId: 'one', rackId: 'r' })
      await described(at, [member.group], version)
      await described(at, [member.group], version, true)
    }),
    ...eachVersion(consumerGroupDescribe, 'groups that cannot be described', async (at, version) => {
      const classic = new GroupMember(at, { group: at.name() })
      await classic.settle()
      const { member } = await alone(at)
      await member.leave()
      await described(at, [at.name(), '', classic.group, member.group], version, true)
    }),
    scenario('no groups, and one twice', async at => {
      const { member } = await alone(at)
      await described(at, [])
      await described(at, [member.group, member.group])
    }),
    scenario('topics that were deleted', async at => {
      const { topic, member } = await alone(at)
      await at.deleteTopic(topic)
      const { groups } = await at.quietly(consumerGroupDescribe, 1, {
        groupIds: [member.group],
        includeAuthorizedOperations: false,
      })
      at.note('ConsumerGroupDescribe', groups[0]?.members[0]?.subscribedTopicNames)
    }),
  ],
}

const commitOf = (groupId: string, { name, id }: MadeTopic, memberId: string, epoch: number) => ({
  groupId,
  memberId,
  generationIdOrMemberEpoch: epoch,
  topics: [{ name, topicId: id, partitions: [{ partitionIndex: 0, committedOffset: 4n }] }],
})

export const consumerGroupOffsetsFamily: Family = {
  name: 'Offsets of consumer groups',
  scenarios: [
    ...[2, 8, 9, 10].flatMap(version => [
      scenario(`a member commits, with its epoch and others, in version ${version}`, async at => {
        const { topic, member } = await alone(at)
        const { group, memberId, epoch } = member
        for (const each of [epoch, epoch + 1, epoch - 1, 0, -1, -2]) {
          await at.ask(offsetCommit, version, commitOf(group, topic, memberId, each))
        }
      }),
      scenario(`a client that is no member commits, in version ${version}`, async at => {
        const { topic, member } = await alone(at)
        await at.ask(offsetCommit, version, commitOf(member.group, topic, 'nobody', 1))
        await at.ask(offsetCommit, version, commitOf(member.group, topic, '', -1))
        await at.ask(offsetCommit, version, commitOf(member.group, topic, '', 1))
        await member.leave()
        await at.ask(offsetCommit, version, commitOf(member.group, topic, '', -1))
        await at.ask(offsetCommit, version, commitOf(member.group, topic, member.memberId, 1))
      }),
    ]),
    ...[9, 10].flatMap(version => [
      scenario(`offsets are fetched with member epochs, in version ${version}`, async at => {
        const { topic, member } = await alone(at)
        const { group: groupId, memberId, epoch } = member
        await at.quietly(offsetCommit, 9, commitOf(groupId, topic, memberId, epoch))
        const topics = [{ name: topic.name, topicId: topic.id, partitionIndexes: [0, 1] }]
        for (const [id, memberEpoch] of [
          [memberId, epoch],
          [memberId, epoch + 1],
          [memberId, epoch - 1],
          [memberId, -1],
          ['nobody', epoch],
          ['', epoch],
          ['', -1],
          [null, -1],
        ] as const) {
          await at.ask(offsetFetch, version, { groups: [{ groupId, memberId: id, memberEpoch, topics }] })
          await at.ask(offsetFetch, version, {
            groups: [{ groupId, memberId: id, memberEpoch, topics: null }],
          })
        }
      }),
    ]),
    scenario('a group with members is NON_EMPTY_GROUP, and one without is deleted', async at => {
      const { topic, member } = await alone(at)
      const { group, memberId, epoch } = member
      await at.quietly(offsetCommit, 9, commitOf(group, topic, memberId, epoch))
      await at.ask(deleteGroups, 2, { groupsNames: [group] })
      await member.leave()
      await described(at, [group])
      await at.ask(deleteGroups, 2, { groupsNames: [group] })
      await described(at, [group])
    }),
    scenario('offsets of topics that are read are GROUP_SUBSCRIBED_TO_TOPIC', async at => {
      const { topic, member } = await alone(at)
      const other = await at.topic()
      const { group: groupId, memberId, epoch } = member
      for (const each of [topic, other]) {
        await at.quietly(offsetCommit, 9, commitOf(groupId, each, memberId, epoch))
      }
      const topics = [topic, other, unknown].map(({ name }) => ({
        name,
        partitions: [{ partitionIndex: 0 }],
      }))
      await at.ask(offsetDelete, 0, { groupId, topics })
      await member.leave()
      await at.ask(offsetDelete, 0, { groupId, topics })
    }),
    scenario('what a client may do with a consumer group that is described as a classic one', async at => {
      const { member } = await alone(at)
      await at.ask(describeGroups, 6, { groups: [member.group], includeAuthorizedOperations: true })
    }),
    ...[3, 4, 5].map(version =>
      scenario(`several members leave a classic group at once, in version ${version}`, async at => {
        const group = at.name()
        const first = new GroupMember(at, { group, groupInstanceId: 'one' })
        await first.settle()
        const { memberId } = first
        const reason = version >= 5 ? { reason: 'it rains' } : {}
        const members = [
          { memberId: 'nobody', groupInstanceId: null },
          { memberId: 'nobody', groupInstanceId: 'one' },
          { memberId: '', groupInstanceId: 'two' },
          { memberId: '', groupInstanceId: 'one' },
          { memberId, groupInstanceId: 'one' },
        ].map(each => ({ ...each, ...reason }))
        await at.ask(leaveGroup, version, { groupId: group, members })
        await at.ask(leaveGroup, version, { groupId: group, members: [] })
        await at.ask(leaveGroup, version, { groupId: at.name(), members })
        await at.ask(leaveGroup, version, { groupId: '', members })
      }),
    ),
  ],
}
