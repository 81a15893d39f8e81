import { consumerGroupHeartbeat } from '../../../src/wire/apis/consumer-group-heartbeat.js'
import { offsetCommit } from '../../../src/wire/apis/offset-commit.js'
import { offsetDelete } from '../../../src/wire/apis/offset-delete.js'
import { offsetFetch } from '../../../src/wire/apis/offset-fetch.js'
import { GroupMember } from '../group-member.js'
import { unknown } from '../partition-requests.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { MadeTopic, Stage } from '../stage.js'

interface Commit {
  readonly offset?: bigint
  readonly partition?: number
  readonly metadata?: string | null
  readonly leaderEpoch?: number
  readonly memberId?: string
  readonly generation?: number
  readonly groupInstanceId?: string | null
  readonly retentionTimeMs?: bigint
}

const commitOf = (groupId: string, { name, id }: MadeTopic, commit: Commit = {}, version = 9) => ({
  groupId,
  generationIdOrMemberEpoch: commit.generation ?? -1,
  memberId: commit.memberId ?? '',
  ...(version >= 7 ? { groupInstanceId: commit.groupInstanceId ?? null } : {}),
  ...(version <= 4 ? { retentionTimeMs: commit.retentionTimeMs ?? -1n } : {}),
  topics: [
    {
      name,
      topicId: id,
      partitions: [
        {
          partitionIndex: commit.partition ?? 0,
          committedOffset: commit.offset ?? 5n,
          committedLeaderEpoch: commit.leaderEpoch ?? -1,
          committedMetadata: commit.metadata === undefined ? 'a note' : commit.metadata,
        },
      ],
    },
  ],
})

interface Asked {
  readonly topics?: readonly MadeTopic[] | null
  readonly partitions?: readonly number[]
  readonly memberId?: string | null
  readonly memberEpoch?: number
  readonly requireStable?: boolean
}

/** The request in the shape that the version asks for. */
function fetchOf(groupId: string, version: number, asked: Asked) {
  const { topics = null, partitions = [0], requireStable = false } = asked
  const wanted = topics?.map(({ name, id }) => ({ name, topicId: id, partitionIndexes: partitions })) ?? null
  const stable = version >= 7 ? { requireStable } : {}
  if (version <= 7) return { groupId, topics: wanted, ...stable }
  const member =
    version >= 9 ? { memberId: asked.memberId ?? null, memberEpoch: asked.memberEpoch ?? -1 } : {}
  return { groups: [{ groupId, ...member, topics: wanted }], ...stable }
}

const fetched = (at: Stage, groupId: string, version: number, asked: Asked) =>
  at.ask(offsetFetch, version, fetchOf(groupId, version, asked))

async function settled(at: Stage): Promise<GroupMember> {
  const member = new GroupMember(at, { group: at.name() })
  await member.settle()
  return member
}

async function committed(at: Stage, groupId: string, topic: MadeTopic, commit: Commit = {}): Promise<void> {
  await at.quietly(offsetCommit, 9, commitOf(groupId, topic, commit))
}

const stranger = 'raw-00000000-0000-0000-0000-000000000000'

export const offsetCommitFamily: Family = {
  name: 'OffsetCommit',
  scenarios: [
    ...eachVersion(
      offsetCommit,
      'a client without a member id commits to a group without members',
      async (at, version) => {
        const [topic, group] = [await at.topic(), at.name()]
        await at.ask(
          offsetCommit,
          version,
          commitOf(group, topic, { leaderEpoch: version >= 6 ? 0 : -1 }, version),
        )
        await fetched(at, group, 7, { topics: [topic] })
      },
    ),
    ...eachVersion(offsetCommit, 'a member commits', async (at, version) => {
      const [topic, member] = [await at.topic(), await settled(at)]
      const identity = { memberId: member.memberId, generation: member.generationId }
      await at.ask(offsetCommit, version, commitOf(member.group, topic, identity, version))
    }),
    ...eachVersion(
      offsetCommit,
      'an empty group id is an error',
      async (at, version) => {
        await at.ask(offsetCommit, version, commitOf('', await at.topic(), {}, version))
      },
      { versions: [2, 6, 9, 10] },
    ),
    ...[2, 8, 9].flatMap(version => [
      scenario(`a topic that is not there is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`, async at => {
        await at.ask(offsetCommit, version, commitOf(at.name(), unknown, {}, version))
      }),
      scenario(`a partition that is not there, in version ${version}`, async at => {
        const topic = await at.topic()
        await at.ask(offsetCommit, version, commitOf(at.name(), topic, { partition: 3 }, version))
        await at.ask(offsetCommit, version, commitOf(at.name(), topic, { partition: -1 }, version))
      }),
    ]),
    scenario('a topic id that is not there is UNKNOWN_TOPIC_ID', async at => {
      await at.ask(offsetCommit, 10, commitOf(at.name(), unknown, {}, 10))
    }),
    scenario('a partition that is not there of a topic by its id', async at => {
      await at.ask(offsetCommit, 10, commitOf(at.name(), await at.topic(), { partition: 3 }, 10))
    }),
    ...[2, 6, 9, 10].flatMap(version => [
      scenario(`a generation in a group without members is an error, in version ${version}`, async at => {
        const commit = { generation: 3, memberId: '' }
        await at.ask(offsetCommit, version, commitOf(at.name(), await at.topic(), commit, version))
      }),
      scenario(`a member id in a group without members is an error, in version ${version}`, async at => {
        const commit = { memberId: stranger }
        await at.ask(offsetCommit, version, commitOf(at.name(), await at.topic(), commit, version))
        const both = { memberId: stranger, generation: 1 }
        await at.ask(offsetCommit, version, commitOf(at.name(), await at.topic(), both, version))
      }),
      scenario(`a stranger in a group with members is UNKNOWN_MEMBER_ID in version ${version}`, async at => {
        const [topic, member] = [await at.topic(), await settled(at)]
        const commit = { memberId: stranger, generation: 1 }
        await at.ask(offsetCommit, version, commitOf(member.group, topic, commit, version))
      }),
      scenario(`another generation is ILLEGAL_GENERATION in version ${version}`, async at => {
        const [topic, { group, memberId }] = [await at.topic(), await settled(at)]
        for (const generation of [0, 2, -1]) {
          await at.ask(offsetCommit, version, commitOf(group, topic, { memberId, generation }, version))
        }
      }),
      scenario(`no member id in a group with members, in version ${version}`, async at => {
        const [topic, { group }] = [await at.topic(), await settled(at)]
        await at.ask(offsetCommit, version, commitOf(group, topic, {}, version))
        await at.ask(offsetCommit, version, commitOf(group, topic, { generation: 1 }, version))
      }),
    ]),
    scenario('a stranger and a topic that is not there', async at => {
      const member = await settled(at)
      await at.ask(offsetCommit, 9, commitOf(member.group, unknown, { memberId: stranger, generation: 1 }))
    }),
    scenario('a generation and a topic that is not there', async at => {
      const { group, memberId } = await settled(at)
      await at.ask(offsetCommit, 9, commitOf(group, unknown, { memberId, generation: 9 }))
    }),
    scenario('a member that waits for its assignment is REBALANCE_IN_PROGRESS', async at => {
      const [topic, member] = [await at.topic(), new GroupMember(at, { group: at.name() })]
      await member.enter()
      const identity = { memberId: member.memberId, generation: member.generationId }
      await at.ask(offsetCommit, 9, commitOf(member.group, topic, identity))
    }),
    scenario('a member commits while the group rebalances', async at => {
      const [topic, first] = [await at.topic(), await settled(at)]
      const second = await GroupMember.connected(at, { group: first.group })
      const entering = second.enter()
      await first.rebalances()
      const identity = { memberId: first.memberId, generation: first.generationId }
      await at.ask(offsetCommit, 9, commitOf(first.group, topic, identity))
      await Promise.all([first.join(), entering])
    }),
    scenario('a static member, and one that was replaced', async at => {
      const topic = await at.topic()
      const first = new GroupMember(at, { group: at.name(), groupInstanceId: 'one' })
      await first.settle()
      const identity = { memberId: first.memberId, generation: first.generationId }
      await at.ask(offsetCommit, 9, commitOf(first.group, topic, { ...identity, groupInstanceId: 'one' }))
      await at.ask(offsetCommit, 9, commitOf(first.group, topic, { ...identity, groupInstanceId: 'two' }))
      await new GroupMember(at, { group: first.group, groupInstanceId: 'one' }).join()
      await at.ask(offsetCommit, 9, commitOf(first.group, topic, { ...identity, groupInstanceId: 'one' }))
      await at.ask(offsetCommit, 9, commitOf(first.group, topic, identity))
    }),
    ...[2, 9].flatMap(version => [
      scenario(`a note of 4096 bytes is kept, in version ${version}`, async at => {
        const [topic, group] = [await at.topic(), at.name()]
        const note = 'n'.repeat(4096)
        await at.ask(offsetCommit, version, commitOf(group, topic, { metadata: note }, version))
        await fetched(at, group, 7, { topics: [topic] })
      }),
      scenario(`a longer note is OFFSET_METADATA_TOO_LARGE in version ${version}`, async at => {
        const [topic, group] = [await at.topic(), at.name()]
        const note = 'n'.repeat(4097)
        await at.ask(offsetCommit, version, commitOf(group, topic, { metadata: note }, version))
        await fetched(at, group, 7, { topics: [topic] })
      }),
    ]),
    scenario('a note of 2049 characters of two bytes', async at => {
      await at.ask(offsetCommit, 9, commitOf(at.name(), await at.topic(), { metadata: 'ü'.repeat(2049) }))
      await at.ask(offsetCommit, 9, commitOf(at.name(), await at.topic(), { metadata: 'ü'.repeat(4097) }))
    }),
    scenario('a note that is too long for a topic that is not there', async at => {
      await at.ask(offsetCommit, 9, commitOf(at.name(), unknown, { metadata: 'n'.repeat(5000) }))
    }),
    ...[null, ''].map(metadata =>
      scenario(`${metadata === null ? 'no' : 'an empty'} note`, async at => {
        const [topic, group] = [await at.topic(), at.name()]
        await at.ask(offsetCommit, 9, commitOf(group, topic, { metadata }))
        await fetched(at, group, 7, { topics: [topic] })
      }),
    ),
    ...[-1n, -5n, 2n ** 63n - 1n].map(offset =>
      scenario(`offset ${offset} is taken as it is`, async at => {
        const [topic, group] = [await at.topic(), at.name()]
        await at.ask(offsetCommit, 9, commitOf(group, topic, { offset }))
        await fetched(at, group, 7, { topics: [topic] })
      }),
    ),
    ...[7, -1, -9].map(leaderEpoch =>
      scenario(`leader epoch ${leaderEpoch} is taken as it is`, async at => {
        const [topic, group] = [await at.topic(), at.name()]
        await at.ask(offsetCommit, 9, commitOf(group, topic, { leaderEpoch }))
        await fetched(at, group, 7, { topics: [topic] })
      }),
    ),
    ...[0n, 1n, 1000n].map(retentionTimeMs =>
      scenario(`an own retention of ${retentionTimeMs}`, async at => {
        const [topic, group] = [await at.topic(), at.name()]
        await at.ask(offsetCommit, 4, commitOf(group, topic, { retentionTimeMs }, 4))
        await fetched(at, group, 5, { topics: [topic] })
      }),
    ),
    scenario('good and bad partitions together', async at => {
      const [{ name }, groupId] = [await at.topic({ partitions: 2 }), at.name()]
      const partitions = [1, 5, 0].map(partitionIndex => ({
        partitionIndex,
        committedOffset: 1n,
        committedMetadata: partitionIndex === 0 ? 'n'.repeat(5000) : null,
      }))
      const topics = [
        { name: unknown.name, partitions },
        { name, partitions },
      ]
      await at.ask(offsetCommit, 9, { groupId, memberId: '', topics })
    }),
    scenario('the same partition twice', async at => {
      const [topic, groupId] = [await at.topic(), at.name()]
      const partitions = [4n, 3n].map(committedOffset => ({ partitionIndex: 0, committedOffset }))
      await at.ask(offsetCommit, 9, { groupId, memberId: '', topics: [{ name: topic.name, partitions }] })
      await fetched(at, groupId, 7, { topics: [topic] })
    }),
    scenario('the same topic twice', async at => {
      const [topic, groupId] = [await at.topic({ partitions: 2 }), at.name()]
      const topics = [0, 1].map(partitionIndex => ({
        name: topic.name,
        partitions: [{ partitionIndex, committedOffset: 3n }],
      }))
      await at.ask(offsetCommit, 9, { groupId, memberId: '', topics })
    }),
    scenario('no topics, and a topic without partitions', async at => {
      const groupId = at.name()
      await at.ask(offsetCommit, 9, { groupId, memberId: '', topics: [] })
      const { name } = await at.topic()
      await at.ask(offsetCommit, 9, { groupId, memberId: '', topics: [{ name, partitions: [] }] })
    }),
  ],
}

export const offsetFetchFamily: Family = {
  name: 'OffsetFetch',
  scenarios: [
    ...eachVersion(offsetFetch, 'an offset that was committed, and one that was not', async (at, version) => {
      const [topic, group] = [await at.topic({ partitions: 2 }), at.name()]
      await committed(at, group, topic, { leaderEpoch: 0 })
      await fetched(at, group, version, { topics: [topic], partitions: [0, 1] })
    }),
    ...eachVersion(
      offsetFetch,
      'all that were committed',
      async (at, version) => {
        const [one, two, group] = [await at.topic({ partitions: 3 }), await at.topic(), at.name()]
        for (const partition of [2, 0]) await committed(at, group, one, { partition })
        await committed(at, group, two)
        await fetched(at, group, version, {})
      },
      { versions: [2, 3, 4, 5, 6, 7, 8, 9, 10] },
    ),
    ...eachVersion(offsetFetch, 'a group that is not there', async (at, version) => {
      await fetched(at, at.name(), version, { topics: [await at.topic()] })
    }),
    ...eachVersion(
      offsetFetch,
      'all of a group that is not there',
      async (at, version) => {
        await fetched(at, at.name(), version, {})
      },
      { versions: [2, 7, 8, 10] },
    ),
    ...eachVersion(
      offsetFetch,
      'an empty group id is an error',
      async (at, version) => {
        await fetched(at, '', version, { topics: [await at.topic()] })
        if (version >= 2) await fetched(at, '', version, {})
      },
      { versions: [1, 2, 7, 8, 10], alone: true },
    ),
    ...[1, 7, 9].map(version =>
      scenario(`a topic that is not there, in version ${version}`, async at => {
        await fetched(at, at.name(), version, { topics: [unknown] })
      }),
    ),
    scenario('a topic id that is not there is UNKNOWN_TOPIC_ID', async at => {
      const [topic, group] = [await at.topic(), at.name()]
      await committed(at, group, topic)
      await fetched(at, group, 10, { topics: [unknown, topic] })
    }),
    ...[7, 10].map(version =>
      scenario(`partitions that are not there, in version ${version}`, async at => {
        await fetched(at, at.name(), version, { topics: [await at.topic()], partitions: [7, -1] })
      }),
    ),
    scenario('offsets of a topic that was deleted', async at => {
      const [topic, other, group] = [await at.topic(), await at.topic(), at.name()]
      await committed(at, group, topic)
      await committed(at, group, other)
      await at.deleteTopic(topic)
      await at.pause(300)
      await fetched(at, group, 7, { topics: [topic, other] })
      await fetched(at, group, 7, {})
      await fetched(at, group, 10, {})
    }),
    scenario('several groups at once', async at => {
      const [topic, one, two] = [await at.topic(), at.name(), at.name()]
      await committed(at, one, topic)
      const topics = [{ name: topic.name, partitionIndexes: [0] }]
      const groups = [
        { groupId: two, topics },
        { groupId: one, topics: null },
        { groupId: '', topics },
        { groupId: one, topics },
      ]
      await at.ask(offsetFetch, 8, { groups })
    }),
    scenario('no groups, and no topics', async at => {
      await at.ask(offsetFetch, 8, { groups: [] })
      await at.ask(offsetFetch, 8, { groups: [{ groupId: at.name(), topics: [] }] })
      await at.ask(offsetFetch, 7, { groupId: at.name(), topics: [] })
    }),
    scenario('the same partition twice', async at => {
      const [topic, group] = [await at.topic(), at.name()]
      await committed(at, group, topic)
      await fetched(at, group, 7, { topics: [topic, topic], partitions: [0, 0] })
    }),
    ...[7, 8, 10].map(version =>
      scenario(`stable offsets only, in version ${version}`, async at => {
        const [topic, group] = [await at.topic(), at.name()]
        await committed(at, group, topic)
        await fetched(at, group, version, { topics: [topic], requireStable: true })
        await fetched(at, group, version, { requireStable: true })
      }),
    ),
    ...[9, 10].map(version =>
      scenario(
        `a member id and an epoch of a classic group mean nothing, in version ${version}`,
        async at => {
          const [topic, { group, memberId }] = [await at.topic(), await settled(at)]
          await fetched(at, group, version, { topics: [topic], memberId, memberEpoch: 1 })
          await fetched(at, group, version, { topics: [topic], memberId: stranger, memberEpoch: 9 })
          await fetched(at, at.name(), version, { topics: [topic], memberId: stranger, memberEpoch: 9 })
        },
      ),
    ),
  ],
}

const deleted = (
  at: Stage,
  groupId: string,
  topics: readonly MadeTopic[],
  partitions: readonly number[] = [0],
) =>
  at.ask(offsetDelete, 0, {
    groupId,
    topics: topics.map(({ name }) => ({
      name,
      partitions: partitions.map(partitionIndex => ({ partitionIndex })),
    })),
  })

/** The metadata of a consumer's protocol that is subscribed to this topic. */
function subscription({ name }: MadeTopic): Buffer {
  const body = Buffer.alloc(2 + 4 + 2 + name.length + 4)
  body.writeInt32BE(1, 2)
  body.writeInt16BE(name.length, 6)
  body.write(name, 8)
  body.writeInt32BE(-1, 8 + name.length)
  return body
}

export const offsetDeleteFamily: Family = {
  name: 'OffsetDelete',
  scenarios: [
    scenario('an offset is deleted', async at => {
      const [topic, group] = [await at.topic({ partitions: 2 }), at.name()]
      await committed(at, group, topic)
      await committed(at, group, topic, { partition: 1 })
      await deleted(at, group, [topic])
      await fetched(at, group, 7, {})
    }),
    scenario('an offset that was not committed', async at => {
      const [topic, group] = [await at.topic({ partitions: 2 }), at.name()]
      await committed(at, group, topic)
      await deleted(at, group, [topic], [1])
    }),
    scenario('a group that is not there is GROUP_ID_NOT_FOUND', async at => {
      await deleted(at, at.name(), [await at.topic()])
    }),
    scenario('an empty group id', async at => {
      await deleted(at, '', [await at.topic()])
    }),
    scenario('topics and partitions that are not there are UNKNOWN_TOPIC_OR_PARTITION', async at => {
      const [topic, group] = [await at.topic(), at.name()]
      await committed(at, group, topic)
      await deleted(at, group, [unknown, topic], [4, 0])
    }),
    scenario('a topic that is not there, of a group that is not there', async at => {
      await deleted(at, at.name(), [unknown])
    }),
    scenario('no topics, and a topic without partitions', async at => {
      const [topic, group] = [await at.topic(), at.name()]
      await committed(at, group, topic)
      await deleted(at, group, [])
      await deleted(at, group, [topic], [])
    }),
    scenario('the same partition twice', async at => {
      const [topic, group] = [await at.topic(), at.name()]
      await committed(at, group, topic)
      await deleted(at, group, [topic, topic], [0, 0])
    }),
    scenario('the last offset goes, and the group with it', async at => {
      const [topic, group] = [await at.topic(), at.name()]
      await committed(at, group, topic)
      await deleted(at, group, [topic])
      await deleted(at, group, [topic])
    }),
    scenario('a group whose members do not say what they read is NON_EMPTY_GROUP', async at => {
      const topic = await at.topic()
      const member = new GroupMember(at, { group: at.name(), protocolType: 'connect' })
      await member.settle()
      await committed(at, member.group, topic, {
        memberId: member.memberId,
        generation: member.generationId,
      })
      await deleted(at, member.group, [topic])
    }),
    scenario('a topic that the group reads is GROUP_SUBSCRIBED_TO_TOPIC', async at => {
      const [read, other] = [await at.topic(), await at.topic()]
      const member = new GroupMember(at, { group: at.name(), metadata: subscription(read) })
      await member.settle()
      const identity = { memberId: member.memberId, generation: member.generationId }
      for (const topic of [read, other]) await committed(at, member.group, topic, identity)
      await deleted(at, member.group, [read, other, unknown])
      await fetched(at, member.group, 7, {})
    }),
    scenario('a consumer group that reads the topic', async at => {
      const [read, other, groupId] = [await at.topic(), await at.topic(), at.name()]
      await at.quietly(consumerGroupHeartbeat, 1, {
        groupId,
        memberId: 'a-member-of-new-group',
        memberEpoch: 0,
        rebalanceTimeoutMs: 30_000,
        subscribedTopicNames: [read.name],
        topicPartitions: [],
      })
      const identity = { memberId: 'a-member-of-new-group', generation: 1 }
      for (const topic of [read, other]) await committed(at, groupId, topic, identity)
      await deleted(at, groupId, [read, other])
    }),
  ],
}
