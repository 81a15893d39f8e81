import { codecs } from '../../../src/records/compression/compression.js'
import { fetch } from '../../../src/wire/apis/fetch.js'
import { listOffsets } from '../../../src/wire/apis/list-offsets.js'
import { produce } from '../../../src/wire/apis/produce.js'
import { batchOf, compressedBatchOf, thenMs } from '../batches.js'
import { deleted, to, unknown, written } from '../partition-requests.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { MadeTopic, Stage } from '../stage.js'

const latest = -1n
const earliest = -2n
const greatest = -3n
const earliestLocal = -4n
const latestTiered = -5n

/** Asks about one time of one partition. */
const about = (
  { name }: MadeTopic,
  timestamp: bigint,
  { partition = 0, isolationLevel = 0, currentLeaderEpoch = -1, replicaId = -1 } = {},
) => ({
  replicaId,
  isolationLevel,
  topics: [{ name, partitions: [{ partitionIndex: partition, currentLeaderEpoch, timestamp }] }],
  timeoutMs: 1000,
})

/** Two batches, a second apart, the first compressed; three records each, 10 ms apart. */
async function filled(at: Stage): Promise<MadeTopic> {
  const topic = await at.topic()
  const times = (from: bigint) => [from, from + 10n, from + 20n]
  const first = await compressedBatchOf(codecs.gzip, ['a', 'b', 'c'], {}, times(thenMs))
  await at.quietly(produce, 12, to(topic, first))
  await at.quietly(produce, 12, to(topic, batchOf(['d', 'e', 'f'], {}, times(thenMs + 1000n))))
  return topic
}

const [since4, since7, since8, since9] = [4, 7, 8, 9].map(oldest =>
  [4, 5, 6, 7, 8, 9, 10, 11].filter(version => version >= oldest),
)

export const listOffsetsFamily: Family = {
  name: 'ListOffsets',
  scenarios: [
    ...eachVersion(listOffsets, 'the start and the end of a partition', async (at, version) => {
      const topic = await filled(at)
      await at.ask(listOffsets, version, about(topic, latest))
      await at.ask(listOffsets, version, about(topic, earliest))
    }),
    ...eachVersion(listOffsets, 'the start and the end of an empty partition', async (at, version) => {
      const topic = await at.topic()
      await at.ask(listOffsets, version, about(topic, latest))
      await at.ask(listOffsets, version, about(topic, earliest))
      await at.ask(listOffsets, version, about(topic, thenMs))
    }),
    ...eachVersion(
      listOffsets,
      'the first record at or after a time',
      async (at, version) => {
        const topic = await filled(at)
        for (const afterMs of [-5n, 0n, 1n, 10n, 20n, 21n, 1000n, 1011n, 1020n, 1021n]) {
          await at.ask(listOffsets, version, about(topic, thenMs + afterMs))
        }
      },
      { versions: [1, 4, 11] },
    ),
    ...eachVersion(
      listOffsets,
      'the record with the greatest time',
      async (at, version) => {
        const topic = await filled(at)
        await at.quietly(produce, 12, to(topic, batchOf(['late'], {}, [thenMs - 100n])))
        await at.ask(listOffsets, version, about(topic, greatest))
        await at.ask(listOffsets, version, about(await at.topic(), greatest))
      },
      { versions: since7 as number[] },
    ),
    scenario('the greatest time within a batch whose first record has it', async at => {
      const topic = await at.topic()
      await at.quietly(produce, 12, to(topic, batchOf(['a', 'b'], {}, [thenMs + 5n, thenMs])))
      await at.ask(listOffsets, 7, about(topic, greatest))
      await at.ask(listOffsets, 7, about(topic, thenMs + 1n))
      await at.ask(listOffsets, 7, about(topic, thenMs))
    }),
    scenario('the greatest time that two records have', async at => {
      const topic = await at.topic()
      await at.quietly(produce, 12, to(topic, batchOf(['a', 'b'], {}, [thenMs, thenMs])))
      await at.quietly(produce, 12, to(topic, batchOf(['c'], {}, [thenMs])))
      await at.ask(listOffsets, 7, about(topic, greatest))
    }),
    ...eachVersion(
      listOffsets,
      'the start of what is not in tiered storage',
      async (at, version) => {
        const topic = await filled(at)
        await at.ask(listOffsets, version, about(topic, earliestLocal))
        await at.ask(listOffsets, version, about(await at.topic(), earliestLocal))
      },
      { versions: since8 as number[] },
    ),
    ...eachVersion(
      listOffsets,
      'the end of what is in tiered storage',
      async (at, version) => {
        const topic = await filled(at)
        await at.ask(listOffsets, version, about(topic, latestTiered))
        await at.ask(listOffsets, version, about(await at.topic(), latestTiered))
      },
      { versions: since9 as number[] },
    ),
    scenario('what waits for tiered storage, in version 11', async at => {
      await at.ask(listOffsets, 11, about(await filled(at), -6n))
    }),
    ...[
      [1, greatest],
      [6, greatest],
      [6, earliestLocal],
      [7, earliestLocal],
      [8, latestTiered],
      [10, -6n],
      [11, -7n],
      [1, -4n],
      [11, -100n],
    ].map(([version, timestamp]) =>
      scenario(`the special time ${timestamp} is UNSUPPORTED_VERSION in version ${version}`, async at => {
        await at.ask(listOffsets, Number(version), about(await filled(at), timestamp as bigint))
      }),
    ),
    ...[1, 4, 11].map(version =>
      scenario(
        `a topic that does not exist is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`,
        async at => {
          await at.ask(listOffsets, version, about(unknown, latest))
        },
      ),
    ),
    ...[1, -1].map(partition =>
      scenario(`partition ${partition} of one is UNKNOWN_TOPIC_OR_PARTITION`, async at => {
        await at.ask(listOffsets, 9, about(await at.topic(), latest, { partition }))
      }),
    ),
    scenario('a deleted topic is UNKNOWN_TOPIC_OR_PARTITION', async at => {
      const topic = await at.topic()
      await at.deleteTopic(topic)
      await at.ask(listOffsets, 9, about(topic, latest))
    }),
    scenario('an unknown topic and a special time that the version does not know', async at => {
      await at.ask(listOffsets, 6, about(unknown, earliestLocal))
    }),
    scenario('an unknown partition and an unknown special time', async at => {
      await at.ask(listOffsets, 9, about(await at.topic(), -9n, { partition: 3 }))
    }),
    ...(since4 as number[]).map(version =>
      scenario(`a leader epoch to come is UNKNOWN_LEADER_EPOCH in version ${version}`, async at => {
        await at.ask(listOffsets, version, about(await filled(at), latest, { currentLeaderEpoch: 1 }))
      }),
    ),
    scenario('an epoch before the first is FENCED_LEADER_EPOCH', async at => {
      await at.ask(listOffsets, 5, about(await filled(at), latest, { currentLeaderEpoch: -2 }))
    }),
    scenario("the leader's own epoch is taken", async at => {
      await at.ask(listOffsets, 5, about(await filled(at), thenMs, { currentLeaderEpoch: 0 }))
    }),
    scenario('a wrong epoch with a time that is not there', async at => {
      await at.ask(listOffsets, 5, about(await filled(at), thenMs + 5000n, { currentLeaderEpoch: 1 }))
    }),
    scenario('a wrong epoch and the start', async at => {
      await at.ask(listOffsets, 5, about(await filled(at), earliest, { currentLeaderEpoch: 1 }))
    }),
    scenario('a wrong epoch of a partition that is not there', async at => {
      await at.ask(listOffsets, 5, about(await filled(at), latest, { currentLeaderEpoch: 1, partition: 1 }))
    }),
    scenario('a wrong epoch and an unknown special time', async at => {
      await at.ask(listOffsets, 5, about(await filled(at), greatest, { currentLeaderEpoch: 1 }))
    }),
    ...[1, 5, 9].map(version =>
      scenario(`the same partition twice is INVALID_REQUEST in version ${version}`, async at => {
        const { name } = await filled(at)
        const partitions = [latest, earliest].map(timestamp => ({ partitionIndex: 0, timestamp }))
        await at.ask(listOffsets, version, { replicaId: -1, topics: [{ name, partitions }] })
      }),
    ),
    scenario('the same topic twice', async at => {
      const { name } = await at.topic({ partitions: 2 })
      const topics = [0, 1].map(partitionIndex => ({
        name,
        partitions: [{ partitionIndex, timestamp: latest }],
      }))
      await at.ask(listOffsets, 9, { replicaId: -1, topics })
    }),
    scenario('the same topic and partition twice, in two topics', async at => {
      const { name } = await at.topic()
      const topics = [latest, earliest].map(timestamp => ({
        name,
        partitions: [{ partitionIndex: 0, timestamp }],
      }))
      await at.ask(listOffsets, 9, { replicaId: -1, topics })
    }),
    scenario('an unknown partition twice', async at => {
      const { name } = await at.topic()
      const partitions = [latest, earliest].map(timestamp => ({ partitionIndex: 7, timestamp }))
      await at.ask(listOffsets, 9, { replicaId: -1, topics: [{ name, partitions }] })
    }),
    scenario('one bad partition among good ones', async at => {
      const { name } = await at.topic({ partitions: 2 })
      const partitions = [0, 7, 1].map(partitionIndex => ({ partitionIndex, timestamp: latest }))
      await at.ask(listOffsets, 9, { replicaId: -1, topics: [{ name, partitions }] })
    }),
    scenario('no topics, and a topic without partitions', async at => {
      await at.ask(listOffsets, 9, { replicaId: -1, topics: [] })
      const { name } = await at.topic()
      await at.ask(listOffsets, 9, { replicaId: -1, topics: [{ name, partitions: [] }] })
    }),
    ...[0, 7, -2, -3].map(replicaId =>
      scenario(`a client that says it is replica ${replicaId}`, async at => {
        const topic = await filled(at)
        for (const time of [latest, earliest, thenMs]) {
          await at.ask(listOffsets, 9, about(topic, time, { replicaId }))
        }
      }),
    ),
    scenario('the start after records were deleted', async at => {
      const topic = await filled(at)
      await deleted(at, topic, 2n)
      for (const time of [earliest, latest, thenMs, thenMs + 20n]) {
        await at.ask(listOffsets, 9, about(topic, time))
      }
    }),
    scenario('after all records were deleted', async at => {
      const topic = await filled(at)
      await deleted(at, topic, -1n)
      for (const time of [earliest, latest, thenMs, greatest, earliestLocal]) {
        await at.ask(listOffsets, 9, about(topic, time))
      }
    }),
    ...[2, 9].map(version =>
      scenario(`read committed without transactions, in version ${version}`, async at => {
        const topic = await filled(at)
        for (const time of [latest, earliest, thenMs + 10n]) {
          await at.ask(listOffsets, version, about(topic, time, { isolationLevel: 1 }))
        }
      }),
    ),
    scenario('an isolation level that does not exist', async at => {
      await at.first.dare(listOffsets, 9, about(await filled(at), latest, { isolationLevel: 2 }))
    }),
    scenario('a topic whose times are those of the append', async at => {
      const topic = await at.topic({ configs: { 'message.timestamp.type': 'LogAppendTime' } })
      await written(at, topic, ['a', 'b'])
      await at.ask(listOffsets, 9, about(topic, thenMs))
      await at.ask(listOffsets, 9, about(topic, greatest))
      await at.ask(listOffsets, 9, about(topic, BigInt(Date.now()) + 60_000n))
    }),
    scenario('records without times', async at => {
      const topic = await at.topic()
      await at.quietly(produce, 12, to(topic, batchOf(['a', 'b'], {}, [-1n, -1n])))
      for (const time of [0n, thenMs, greatest]) await at.ask(listOffsets, 9, about(topic, time))
    }),
    scenario('Fetch takes the offset of the answer', async at => {
      const topic = await filled(at)
      const { topics } = await at.ask(listOffsets, 9, about(topic, thenMs + 20n))
      await at.ask(fetch, 12, {
        maxWaitMs: 0,
        minBytes: 0,
        topics: [
          {
            topic: topic.name,
            partitions: [
              {
                partition: 0,
                fetchOffset: topics[0]?.partitions[0]?.offset as bigint,
                partitionMaxBytes: 1_000_000,
              },
            ],
          },
        ],
      })
    }),
  ],
}
