import { alterPartitionReassignments } from '../../../src/wire/apis/alter-partition-reassignments.js'
import { deleteRecords } from '../../../src/wire/apis/delete-records.js'
import { describeLogDirs } from '../../../src/wire/apis/describe-log-dirs.js'
import { electLeaders } from '../../../src/wire/apis/elect-leaders.js'
import { listPartitionReassignments } from '../../../src/wire/apis/list-partition-reassignments.js'
import { offsetForLeaderEpoch } from '../../../src/wire/apis/offset-for-leader-epoch.js'
import { unknown, written } from '../partition-requests.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { MadeTopic, Stage } from '../stage.js'

async function filled(at: Stage, partitions = 1): Promise<MadeTopic> {
  const topic = await at.topic({ partitions })
  await written(at, topic, ['a', 'b', 'c'])
  return topic
}

const upTo = ({ name }: MadeTopic, ...partitions: (readonly [partition: number, offset: bigint])[]) => ({
  topics: [{ name, partitions: partitions.map(([partitionIndex, offset]) => ({ partitionIndex, offset })) }],
  timeoutMs: 10_000,
})

export const deleteRecordsFamily: Family = {
  name: 'DeleteRecords',
  scenarios: [
    ...eachVersion(deleteRecords, 'the start moves', async (at, version) => {
      const topic = await filled(at)
      await at.ask(deleteRecords, version, upTo(topic, [0, 2n]))
      await at.ask(deleteRecords, version, upTo(topic, [0, 1n]))
      await at.ask(deleteRecords, version, upTo(topic, [0, -1n]))
      await at.ask(deleteRecords, version, upTo(topic, [0, 3n]))
    }),
    ...[4n, -2n, 1000n].map(offset =>
      scenario(`offset ${offset} of 3 is OFFSET_OUT_OF_RANGE`, async at => {
        await at.ask(deleteRecords, 2, upTo(await filled(at), [0, offset]))
      }),
    ),
    ...[0, 2].map(version =>
      scenario(`a topic that is not there is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`, async at => {
        await at.ask(deleteRecords, version, upTo(unknown, [0, 1n]))
      }),
    ),
    ...[1, -1].map(partition =>
      scenario(`partition ${partition} of one is UNKNOWN_TOPIC_OR_PARTITION`, async at => {
        await at.ask(deleteRecords, 2, upTo(await filled(at), [partition, 1n]))
      }),
    ),
    scenario('of an empty partition', async at => {
      await at.ask(deleteRecords, 2, upTo(await at.topic(), [0, -1n]))
      await at.ask(deleteRecords, 2, upTo(await at.topic(), [0, 0n]))
    }),
    ...['compact', 'compact,delete'].map(policy =>
      scenario(`of a topic whose policy is ${policy}`, async at => {
        const topic = await at.topic({ configs: { 'cleanup.policy': policy } })
        await at.ask(deleteRecords, 2, upTo(topic, [0, -1n]))
        await at.ask(deleteRecords, 2, upTo(topic, [0, 7n]))
      }),
    ),
    scenario('of a topic that is never cleaned', async at => {
      const topic = await at.topic({ configs: { 'cleanup.policy': '' } })
      await at.ask(deleteRecords, 2, upTo(topic, [0, -1n]))
    }),
    ...['__consumer_offsets', '__transaction_state'].map(name =>
      scenario(`of the internal topic ${name}`, async at => {
        await at.ask(deleteRecords, 2, upTo({ name, id: '' }, [0, -1n]))
        await at.ask(deleteRecords, 2, upTo({ name, id: '' }, [99, -1n]))
      }),
    ),
    scenario('good and bad partitions together', async at => {
      const topic = await filled(at, 2)
      const request = upTo(topic, [0, 2n], [5, 0n], [1, 9n])
      await at.ask(deleteRecords, 2, {
        ...request,
        topics: [...upTo(unknown, [0, 1n]).topics, ...request.topics],
      })
    }),
    scenario('the same partition twice', async at => {
      await at.ask(deleteRecords, 2, upTo(await filled(at), [0, 1n], [0, 2n]))
    }),
    scenario('no topics, and a topic without partitions', async at => {
      await at.ask(deleteRecords, 2, { topics: [], timeoutMs: 1000 })
      await at.ask(deleteRecords, 2, upTo(await filled(at)))
    }),
  ],
}

const epochOf = (
  { name }: MadeTopic,
  leaderEpoch: number,
  { currentLeaderEpoch = -1, partition = 0 } = {},
) => ({
  topics: [{ topic: name, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
})

export const offsetForLeaderEpochFamily: Family = {
  name: 'OffsetForLeaderEpoch',
  scenarios: [
    ...eachVersion(
      offsetForLeaderEpoch,
      'the end of the epoch, of one to come and of none',
      async (at, version) => {
        const topic = await filled(at)
        for (const epoch of [0, 1, 7, -1, -2])
          await at.ask(offsetForLeaderEpoch, version, epochOf(topic, epoch))
      },
    ),
    scenario('an empty partition', async at => {
      const topic = await at.topic()
      for (const epoch of [0, 1, -1, -2]) await at.ask(offsetForLeaderEpoch, 4, epochOf(topic, epoch))
    }),
    ...[2, 4].flatMap(version => [
      scenario(`an epoch of the leader to come is UNKNOWN_LEADER_EPOCH in version ${version}`, async at => {
        await at.ask(offsetForLeaderEpoch, version, epochOf(await filled(at), 0, { currentLeaderEpoch: 1 }))
      }),
      scenario(
        `an epoch of the leader before the first is FENCED_LEADER_EPOCH in version ${version}`,
        async at => {
          await at.ask(
            offsetForLeaderEpoch,
            version,
            epochOf(await filled(at), 0, { currentLeaderEpoch: -2 }),
          )
        },
      ),
      scenario(`a topic that is not there is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`, async at => {
        await at.ask(offsetForLeaderEpoch, version, epochOf(unknown, 0))
      }),
      scenario(`a partition that is not there, in version ${version}`, async at => {
        const topic = await filled(at)
        for (const partition of [1, -1]) {
          await at.ask(offsetForLeaderEpoch, version, epochOf(topic, 0, { partition }))
        }
      }),
    ]),
    scenario("the leader's own epoch", async at => {
      await at.ask(offsetForLeaderEpoch, 4, epochOf(await filled(at), 0, { currentLeaderEpoch: 0 }))
    }),
    ...[-1, -2, 0, 4].map(replicaId =>
      scenario(`replica ${replicaId} asks`, async at => {
        await at.ask(offsetForLeaderEpoch, 4, { ...epochOf(await filled(at), 0), replicaId })
      }),
    ),
    scenario('good and bad partitions together, and the same twice', async at => {
      const topic = await filled(at)
      const topics = [unknown, topic, topic].flatMap(each => epochOf(each, 0).topics)
      await at.ask(offsetForLeaderEpoch, 4, { topics })
    }),
    scenario('no topics, and a topic without partitions', async at => {
      await at.ask(offsetForLeaderEpoch, 4, { topics: [] })
      await at.ask(offsetForLeaderEpoch, 4, { topics: [{ topic: (await at.topic()).name, partitions: [] }] })
    }),
  ],
}

const partitionsOf = (...topics: (readonly [MadeTopic, ...number[]])[]) =>
  topics.map(([{ name }, ...partitions]) => ({ topic: name, partitions }))

export const electLeadersFamily: Family = {
  name: 'ElectLeaders',
  scenarios: [
    ...eachVersion(
      electLeaders,
      'a preferred leader that leads is ELECTION_NOT_NEEDED',
      async (at, version) => {
        const topicPartitions = partitionsOf([await at.topic({ partitions: 2 }), 0, 1])
        await at.ask(electLeaders, version, { topicPartitions })
      },
    ),
    ...[1, 2].map(version =>
      scenario(`an unclean election that is not needed, in version ${version}`, async at => {
        const topicPartitions = partitionsOf([await at.topic(), 0])
        await at.ask(electLeaders, version, { topicPartitions, electionType: 1 })
      }),
    ),
    ...[2, -1].map(electionType =>
      scenario(`an election of type ${electionType}`, async at => {
        const topicPartitions = partitionsOf([await at.topic(), 0])
        await at.first.dare(electLeaders, 2, { topicPartitions, electionType })
      }),
    ),
    scenario('a topic and partitions that are not there are UNKNOWN_TOPIC_OR_PARTITION', async at => {
      const topic = await at.topic()
      await at.ask(electLeaders, 2, { topicPartitions: partitionsOf([unknown, 0], [topic, 5, -1, 0]) })
    }),
    scenario('the same partition twice, and the same topic twice', async at => {
      const topic = await at.topic({ partitions: 2 })
      await at.ask(electLeaders, 2, { topicPartitions: partitionsOf([topic, 0, 0]) })
      await at.ask(electLeaders, 2, { topicPartitions: partitionsOf([topic, 0], [topic, 1]) })
    }),
    scenario('no topics, and a topic without partitions', async at => {
      await at.ask(electLeaders, 2, { topicPartitions: [] })
      await at.ask(electLeaders, 2, { topicPartitions: partitionsOf([await at.topic()]) })
    }),
    ...[0, 2].map(version =>
      scenario(`all partitions, none of which needs it, in version ${version}`, async at => {
        const { name } = await at.topic()
        const { replicaElectionResults, ...rest } = await at.quietly(electLeaders, version, {
          topicPartitions: null,
        })
        at.note('ElectLeaders of all', {
          ...rest,
          mine: replicaElectionResults.filter(({ topic }) => topic === name),
        })
      }),
    ),
  ],
}

const moved = (topics: readonly MadeTopic[], replicas: readonly number[] | null, { partition = 0 } = {}) => ({
  topics: topics.map(({ name }) => ({ name, partitions: [{ partitionIndex: partition, replicas }] })),
})

export const reassignmentsFamily: Family = {
  name: 'Reassignments',
  scenarios: [
    ...eachVersion(alterPartitionReassignments, 'replicas stay where they are', async (at, version) => {
      const topic = await at.topic()
      await at.ask(alterPartitionReassignments, version, moved([topic], [0]))
      await at.ask(listPartitionReassignments, 0, { topics: [{ name: topic.name, partitionIndexes: [0] }] })
    }),
    ...eachVersion(
      alterPartitionReassignments,
      'a cancellation is NO_REASSIGNMENT_IN_PROGRESS',
      async (at, version) => {
        await at.ask(alterPartitionReassignments, version, moved([await at.topic()], null))
      },
    ),
    ...[[], [7], [0, 7], [0, 0], [-1]].map(replicas =>
      scenario(`replicas on [${replicas}] are INVALID_REPLICA_ASSIGNMENT`, async at => {
        await at.ask(alterPartitionReassignments, 1, moved([await at.topic()], replicas))
      }),
    ),
    scenario('a factor that may not change', async at => {
      const request = { ...moved([await at.topic()], [0, 1]), allowReplicationFactorChange: false }
      await at.ask(alterPartitionReassignments, 1, request)
      await at.ask(alterPartitionReassignments, 1, {
        ...moved([await at.topic()], [0]),
        allowReplicationFactorChange: false,
      })
    }),
    scenario('a topic and a partition that are not there are UNKNOWN_TOPIC_OR_PARTITION', async at => {
      await at.ask(alterPartitionReassignments, 1, moved([unknown], [0]))
      await at.ask(alterPartitionReassignments, 1, moved([await at.topic()], [0], { partition: 4 }))
      await at.ask(alterPartitionReassignments, 1, moved([await at.topic()], [0], { partition: -1 }))
      await at.ask(alterPartitionReassignments, 1, moved([unknown], null))
    }),
    scenario('bad replicas of a topic that is not there', async at => {
      await at.ask(alterPartitionReassignments, 1, moved([unknown], [7]))
    }),
    scenario('good and bad topics together', async at => {
      await at.ask(alterPartitionReassignments, 1, moved([unknown, await at.topic()], [0]))
    }),
    scenario('the same topic twice', async at => {
      const topic = await at.topic()
      await at.ask(alterPartitionReassignments, 1, moved([topic, topic], [0]))
    }),
    scenario('no topics, and a topic without partitions', async at => {
      await at.ask(alterPartitionReassignments, 1, { topics: [] })
      await at.ask(alterPartitionReassignments, 1, {
        topics: [{ name: (await at.topic()).name, partitions: [] }],
      })
    }),
    scenario('none are under way', async at => {
      await at.ask(listPartitionReassignments, 0, { topics: null })
      await at.ask(listPartitionReassignments, 0, { topics: [] })
      const { name } = await at.topic()
      await at.ask(listPartitionReassignments, 0, { topics: [{ name, partitionIndexes: [0, 7] }] })
      await at.ask(listPartitionReassignments, 0, { topics: [{ name: unknown.name, partitionIndexes: [0] }] })
    }),
  ],
}

/** Notes the answer about these topics; the directories are the brokers' own. */
async function logDirs(
  at: Stage,
  version: number,
  topics: readonly { topic: string; partitions: readonly number[] }[] | null,
  mine: readonly string[],
): Promise<void> {
  const { results, ...rest } = await at.quietly(describeLogDirs, version, { topics })
  at.note('DescribeLogDirs of mine', {
    ...rest,
    results: results.map(({ topics: told, totalBytes, usableBytes, logDir: _, ...result }) => ({
      ...result,
      hasTotal: totalBytes >= 0n,
      hasUsable: usableBytes >= 0n,
      topics: told.filter(({ name }) => mine.includes(name)),
    })),
  })
}

export const describeLogDirsFamily: Family = {
  name: 'DescribeLogDirs',
  scenarios: [
    ...eachVersion(describeLogDirs, 'a topic and the bytes of its partitions', async (at, version) => {
      const topic = await filled(at, 2)
      const topics = [{ topic: topic.name, partitions: [0, 1] }]
      await logDirs(at, version, topics, [topic.name])
      await logDirs(at, version, null, [topic.name])
    }),
    scenario('topics and partitions that are not there', async at => {
      const { name } = await filled(at)
      const topics = [
        { topic: unknown.name, partitions: [0] },
        { topic: name, partitions: [0, 7] },
      ]
      await logDirs(at, 4, topics, [name, unknown.name])
    }),
    scenario('no topics, and a topic without partitions', async at => {
      const { name } = await filled(at)
      await logDirs(at, 4, [], [name])
      await logDirs(at, 4, [{ topic: name, partitions: [] }], [name])
    }),
  ],
}
