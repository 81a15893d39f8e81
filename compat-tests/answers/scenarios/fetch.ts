import { codecs } from '../../../src/records/compression/compression.js'
import { fetch } from '../../../src/wire/apis/fetch.js'
import { produce } from '../../../src/wire/apis/produce.js'
import { batchOf, compressedBatchOf, thenMs } from '../batches.js'
import { differences } from '../differences.js'
import { deleted, to, unknown, written } from '../partition-requests.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { MadeTopic, Stage } from '../stage.js'

interface Wanted {
  readonly partition?: number
  readonly from?: bigint
  readonly partitionMaxBytes?: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
}

const wantedOf = ({ from = 0n, ...rest }: Wanted) => ({
  partition: 0,
  partitionMaxBytes: 1_000_000,
  fetchOffset: from,
  ...rest,
})

const whole = { maxWaitMs: 0, minBytes: 0 }

/** A request for these partitions of one topic, which is named as the version asks. */
const of = ({ name, id }: MadeTopic, ...wanted: Wanted[]) => ({
  ...whole,
  topics: [{ topic: name, topicId: id, partitions: wanted.map(wantedOf) }],
})

const at0 = (topic: MadeTopic) => of(topic, {})

async function filled(at: Stage, partitions = 1): Promise<MadeTopic> {
  const topic = await at.topic({ partitions })
  for (let index = 0; index < partitions; index++) {
    await written(at, topic, ['a', 'b'], index)
    await written(at, topic, ['c'], index)
  }
  return topic
}

export const fetchFamily: Family = {
  name: 'Fetch',
  scenarios: [
    ...eachVersion(fetch, 'all that there is', async (at, version) => {
      await at.ask(fetch, version, at0(await filled(at)))
    }),
    ...eachVersion(
      fetch,
      'an empty partition',
      async (at, version) => {
        await at.ask(fetch, version, at0(await at.topic()))
      },
      { versions: [4, 12, 13, 18] },
    ),
    scenario('an offset in the middle of a batch gives the whole batch', async at => {
      await at.ask(fetch, 12, of(await filled(at), { from: 1n }))
    }),
    scenario('the end gives nothing', async at => {
      await at.ask(fetch, 12, of(await filled(at), { from: 3n }))
    }),
    ...[4, 11, 12, 13, 18].flatMap(version =>
      [4n, -1n, 1000n].map(from =>
        scenario(`offset ${from} of 3 is OFFSET_OUT_OF_RANGE in version ${version}`, async at => {
          await at.ask(fetch, version, of(await filled(at), { from }))
        }),
      ),
    ),
    scenario('an offset before the start is OFFSET_OUT_OF_RANGE', async at => {
      const topic = await filled(at)
      await deleted(at, topic, 2n)
      await at.ask(fetch, 12, of(topic, { from: 0n }))
      await at.ask(fetch, 12, of(topic, { from: 2n }))
    }),
    scenario('the start within a batch gives the whole batch', async at => {
      const topic = await filled(at)
      await deleted(at, topic, 1n)
      await at.ask(fetch, 12, of(topic, { from: 1n }))
    }),

    // Which partition
    ...[4, 7, 11, 12].map(version =>
      scenario(`an unknown topic is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`, async at => {
        await at.ask(fetch, version, at0(unknown))
      }),
    ),
    ...[13, 15, 18].map(version =>
      scenario(`an unknown topic id is UNKNOWN_TOPIC_ID in version ${version}`, async at => {
        await at.ask(fetch, version, at0(unknown))
      }),
    ),
    scenario('the zero topic id', async at => {
      await at.ask(fetch, 13, at0({ name: '', id: Buffer.alloc(16).toString('base64url') }))
    }),
    ...[12, 13].flatMap(version =>
      [1, -1].map(partition =>
        scenario(`partition ${partition} of one, in version ${version}`, async at => {
          await at.ask(fetch, version, of(await at.topic(), { partition }))
        }),
      ),
    ),
    ...[12, 13].map(version =>
      scenario(`a deleted topic, in version ${version}`, async at => {
        const topic = await filled(at)
        await at.deleteTopic(topic)
        await at.ask(fetch, version, at0(topic))
      }),
    ),
    ...[12, 13].map(version =>
      scenario(`a topic that was deleted and made again, in version ${version}`, async at => {
        const topic = await filled(at)
        await at.deleteTopic(topic)
        await at.topic({ name: topic.name })
        await at.ask(fetch, version, at0(topic))
      }),
    ),
    ...[12, 13].map(version =>
      scenario(`good and bad partitions together, in version ${version}`, async at => {
        const topic = await filled(at, 2)
        const { topics } = of(topic, { partition: 1 }, { partition: 7 }, { partition: 0, from: 99n })
        await at.ask(fetch, version, { ...whole, topics: [...at0(unknown).topics, ...topics] })
      }),
    ),
    scenario('the same partition twice', async at => {
      await at.ask(fetch, 12, of(await filled(at), { from: 0n }, { from: 2n }))
    }),
    scenario('the same topic twice', async at => {
      const topic = await filled(at, 2)
      const topics = [1, 0].flatMap(partition => of(topic, { partition }).topics)
      await at.ask(fetch, 12, { ...whole, topics })
    }),
    ...[4, 12, 18].map(version =>
      scenario(`no topics at all, in version ${version}`, async at => {
        await at.ask(fetch, version, { ...whole, topics: [] })
      }),
    ),
    scenario('a topic without partitions', async at => {
      await at.ask(fetch, 12, of(await filled(at)))
    }),

    // Leader epochs
    ...[9, 12, 15, 16, 18].map(version =>
      scenario(`an epoch to come is UNKNOWN_LEADER_EPOCH in version ${version}`, async at => {
        await at.ask(fetch, version, of(await filled(at), { currentLeaderEpoch: 1 }))
      }),
    ),
    ...[9, 15, 16].map(version =>
      scenario(`an epoch before the first is none, in version ${version}`, async at => {
        await at.ask(fetch, version, of(await filled(at), { currentLeaderEpoch: -2 }))
      }),
    ),
    scenario('a wrong epoch and a wrong offset', async at => {
      await at.ask(fetch, 12, of(await filled(at), { currentLeaderEpoch: 1, from: 99n }))
    }),
    scenario('the epoch of the leader', async at => {
      await at.ask(fetch, 12, of(await filled(at), { currentLeaderEpoch: 0 }))
    }),
    ...[0n, 3n, 4n, 99n].map(from =>
      scenario(`the last epoch that was fetched is the leader's, from offset ${from}`, async at => {
        await at.ask(fetch, 12, of(await filled(at), { lastFetchedEpoch: 0, from }))
      }),
    ),
    ...[0n, 3n].map(from =>
      scenario(`the last epoch that was fetched is not known, from offset ${from}`, async at => {
        await at.ask(fetch, 12, of(await filled(at), { lastFetchedEpoch: 3, from }))
      }),
    ),
    scenario('a negative last epoch', async at => {
      await at.ask(fetch, 12, of(await filled(at), { lastFetchedEpoch: -2 }))
    }),
    scenario('the last epoch of an empty partition', async at => {
      await at.ask(fetch, 12, of(await at.topic(), { lastFetchedEpoch: 0 }))
      await at.ask(fetch, 12, of(await at.topic(), { lastFetchedEpoch: 1 }))
    }),

    // How much
    ...[0, 1, -1].map(partitionMaxBytes =>
      scenario(`${partitionMaxBytes} bytes of a partition give at least its first batch`, async at => {
        await at.ask(fetch, 12, of(await filled(at), { partitionMaxBytes }))
      }),
    ),
    ...[0, 1].map(maxBytes =>
      scenario(
        `${maxBytes} bytes in all give the first batch, and nothing of the next partition`,
        async at => {
          const request = of(await filled(at, 2), {}, { partition: 1 })
          await at.ask(fetch, 12, { ...request, maxBytes })
        },
      ),
    ),
    scenario('a negative limit in all', async at => {
      await at.ask(fetch, 12, { ...at0(await filled(at)), maxBytes: -1 })
    }),
    scenario('a negative limit where there is nothing to read', async at => {
      await at.ask(fetch, 12, { ...of(await filled(at), { from: 3n }), maxBytes: -1 })
    }),
    ...[100, 140].map(limit =>
      scenario(
        `a limit of ${limit} bytes, within the second batch`,
        async at => {
          const topic = await filled(at, 2)
          await at.ask(fetch, 12, of(topic, { partitionMaxBytes: limit }))
          await at.ask(fetch, 12, { ...of(topic, {}, { partition: 1 }), maxBytes: limit })
        },
        { differs: differences.partialBatches },
      ),
    ),
    scenario('the first partition is empty, and the second gives its first batch', async at => {
      const topic = await at.topic({ partitions: 2 })
      await written(at, topic, ['a'], 1)
      await at.ask(fetch, 12, { ...of(topic, {}, { partition: 1 }), maxBytes: 1 })
    }),
    scenario('a partition limit below its first batch, after one that gave something', async at => {
      const request = of(await filled(at, 2), {}, { partition: 1, partitionMaxBytes: 1 })
      await at.ask(fetch, 12, request)
    }),
    scenario('the first partition fails, and the second gives its first batch', async at => {
      const request = of(await filled(at), { from: 77n }, { partition: 0 })
      await at.ask(fetch, 12, { ...request, maxBytes: 1 })
    }),
    scenario('what is there is given although more was asked for, when the wait is over', async at => {
      await at.ask(fetch, 12, { ...at0(await filled(at)), minBytes: 1_000_000, maxWaitMs: 100 })
    }),
    scenario('an error is answered without waiting', async at => {
      const topic = await at.topic()
      await at.ask(fetch, 12, { ...of(topic, {}, { partition: 9 }), minBytes: 1, maxWaitMs: 15_000 })
    }),
    scenario('a negative wait is none', async at => {
      await at.ask(fetch, 12, { ...at0(await at.topic()), minBytes: 1, maxWaitMs: -1 })
    }),
    scenario('negative minimum bytes', async at => {
      await at.ask(fetch, 12, { ...at0(await at.topic()), minBytes: -1, maxWaitMs: 100 })
    }),
    scenario(
      'a fetch that waits is answered when something comes',
      async at => {
        const topic = await at.topic()
        const reader = await at.caller()
        const answered = reader.ask(fetch, 12, { ...at0(topic), minBytes: 1, maxWaitMs: 15_000 })
        await at.pause(1000) // longer than Ottla waits
        await written(at, topic, ['a'])
        await answered
      },
      { differs: differences.idleFetch },
    ),
    scenario(
      'a fetch that waits is answered when its topic is deleted',
      async at => {
        const topic = await at.topic()
        const reader = await at.caller()
        const answered = reader.ask(fetch, 13, { ...at0(topic), minBytes: 1, maxWaitMs: 15_000 })
        await at.pause(1000) // longer than Ottla waits
        await at.deleteTopic(topic)
        await answered
      },
      { differs: differences.idleFetch },
    ),

    // What
    ...[codecs.gzip, codecs.snappy, codecs.lz4].map(codec =>
      scenario(`codec ${codec} is served in version 4`, async at => {
        const topic = await at.topic()
        await at.quietly(produce, 12, to(topic, await compressedBatchOf(codec, ['a', 'b'])))
        await at.ask(fetch, 4, at0(topic))
      }),
    ),
    ...[4, 9, 10, 18].map(version =>
      scenario(`zstd in version ${version}`, async at => {
        const topic = await at.topic()
        await at.quietly(produce, 12, to(topic, await compressedBatchOf(codecs.zstd, ['a', 'b'])))
        await at.ask(fetch, version, at0(topic))
      }),
    ),
    ...[9, 10].map(version =>
      scenario(`a topic with compression.type zstd, in version ${version}`, async at => {
        const topic = await at.topic({ configs: { 'compression.type': 'zstd' } })
        await at.ask(fetch, version, at0(topic))
        await at.quietly(produce, 12, to(topic, await compressedBatchOf(codecs.zstd, ['a', 'b'])))
        await at.ask(fetch, version, at0(topic))
      }),
    ),
    scenario('records without times, keys and values', async at => {
      const topic = await at.topic()
      await at.quietly(produce, 12, to(topic, batchOf([''], {}, [-1n])))
      await at.ask(fetch, 12, at0(topic))
    }),
    ...[4, 11, 12].map(version =>
      scenario(`read committed without transactions, in version ${version}`, async at => {
        await at.ask(fetch, version, { ...at0(await filled(at)), isolationLevel: 1 })
      }),
    ),
    scenario('an isolation level that does not exist', async at => {
      await at.first.dare(fetch, 12, { ...at0(await filled(at)), isolationLevel: 2 })
    }),
    scenario('every batch carries LogAppendTime', async at => {
      const topic = await at.topic({ configs: { 'message.timestamp.type': 'LogAppendTime' } })
      await at.quietly(produce, 12, to(topic, batchOf(['a', 'b'], {}, [thenMs, thenMs])))
      await at.ask(fetch, 12, at0(topic))
    }),
    scenario('a rack, and a client id, mean nothing', async at => {
      await at.ask(fetch, 12, { ...at0(await filled(at)), rackId: 'nowhere' })
      const nameless = await at.caller(null)
      await nameless.ask(fetch, 12, at0(await filled(at)))
    }),
    ...[0, 5].flatMap(replicaId =>
      [12, 14].map(version =>
        scenario(`a client that says it is replica ${replicaId}, in version ${version}`, async at => {
          await at.first.dare(fetch, version, { ...at0(await filled(at)), replicaId })
        }),
      ),
    ),
    ...[0, 5].flatMap(replicaId =>
      [15, 17, 18].map(version =>
        scenario(`a client that says it is replica ${replicaId}, in version ${version}`, async at => {
          const replicaState = { replicaId, replicaEpoch: 1n }
          await at.first.dare(fetch, version, { ...at0(await filled(at)), replicaState })
        }),
      ),
    ),
    scenario('a replica with a wrong epoch', async at => {
      await at.ask(fetch, 12, { ...of(await filled(at), { currentLeaderEpoch: 1 }), replicaId: 3 })
    }),
    scenario('an internal topic is read as any other', async at => {
      await at.ask(fetch, 12, of({ name: '__consumer_offsets', id: '' }, { partition: 49, from: 0n }))
    }),
  ],
}
