import { describeProducers } from '../../../src/wire/apis/describe-producers.js'
import { fetch } from '../../../src/wire/apis/fetch.js'
import { initProducerId } from '../../../src/wire/apis/init-producer-id.js'
import { listOffsets } from '../../../src/wire/apis/list-offsets.js'
import { listTransactions } from '../../../src/wire/apis/list-transactions.js'
import { produce } from '../../../src/wire/apis/produce.js'
import { writeTxnMarkers } from '../../../src/wire/apis/write-txn-markers.js'
import { batchOf } from '../batches.js'
import { differences } from '../differences.js'
import { deleted, storedIn, to, toAll, unknown, written } from '../partition-requests.js'
import { Producer, verifiedAlone } from '../producer.js'
import { eachVersion, type Family, scenario } from '../scenario.js'
import type { MadeTopic, Stage } from '../stage.js'

const nobody = 987_654_321n
const bothVersions = [1, 2] as const
const committedOnly = 1

/** A producer that has written a batch to the topic in a transaction that is open. */
async function writing(
  at: Stage,
  topic: MadeTopic,
  version: 1 | 2 = 2,
  values: readonly string[] = ['a'],
): Promise<Producer> {
  const producer = await Producer.started(at, version)
  if (version === 1) await producer.add([topic])
  await producer.write(topic, values)
  return producer
}

interface Idempotent {
  readonly id: bigint
  readonly epoch: number
}

async function idempotent(at: Stage): Promise<Idempotent> {
  const { producerId, producerEpoch } = await at.quietly(initProducerId, 5, {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
  })
  return { id: producerId, epoch: producerEpoch }
}

/** A batch of an idempotent producer. */
const numbered = (
  { id, epoch }: Idempotent,
  baseSequence: number,
  values: readonly string[] = ['a'],
  producerEpoch = epoch,
) => batchOf(values, { producerId: id, producerEpoch, baseSequence })

export const transactionalProduceFamily: Family = {
  name: 'Produce of producers with ids',
  scenarios: [
    // Idempotence
    ...[3, 8, 11, 12, 13].flatMap(version => [
      scenario(`batches in sequence, and each again, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await idempotent(at)]
        for (const sequence of [0, 1, 2, 1, 0, 2]) {
          await at.ask(produce, version, to(topic, numbered(producer, sequence)))
        }
        await storedIn(at, topic)
      }),
      scenario(`a gap is OUT_OF_ORDER_SEQUENCE_NUMBER in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await idempotent(at)]
        for (const sequence of [0, 2, 5, 1]) {
          await at.ask(produce, version, to(topic, numbered(producer, sequence)))
        }
      }),
      scenario(`an old epoch, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await idempotent(at)]
        await at.ask(produce, version, to(topic, numbered(producer, 0, ['a'], 3)))
        await at.ask(produce, version, to(topic, numbered(producer, 1, ['b'], 2)))
        await at.ask(produce, version, to(topic, numbered(producer, 0, ['c'], 2)))
      }),
    ]),
    scenario('a new epoch begins with 0', async at => {
      const [topic, producer] = [await at.topic(), await idempotent(at)]
      await at.ask(produce, 12, to(topic, numbered(producer, 0)))
      await at.ask(produce, 12, to(topic, numbered(producer, 1, ['b'], 1)))
      await at.ask(produce, 12, to(topic, numbered(producer, 0, ['b'], 1)))
    }),
    scenario('the first batch of a producer that is not the first', async at => {
      const [topic, producer] = [await at.topic(), await idempotent(at)]
      await at.ask(produce, 12, to(topic, numbered(producer, 7)))
      await at.ask(produce, 12, to(topic, numbered(producer, 8)))
      await at.ask(produce, 12, to(topic, numbered(producer, 0)))
    }),
    scenario('a batch again that is no longer remembered', async at => {
      const [topic, producer] = [await at.topic(), await idempotent(at)]
      for (const sequence of [0, 1, 2, 3, 4, 5, 6]) {
        await at.quietly(produce, 12, to(topic, numbered(producer, sequence)))
      }
      for (const sequence of [6, 2, 1, 0]) await at.ask(produce, 12, to(topic, numbered(producer, sequence)))
    }),
    scenario('a batch again that is longer or shorter', async at => {
      const [topic, producer] = [await at.topic(), await idempotent(at)]
      await at.ask(produce, 12, to(topic, numbered(producer, 0, ['a', 'b'])))
      await at.ask(produce, 12, to(topic, numbered(producer, 0, ['a'])))
      await at.ask(produce, 12, to(topic, numbered(producer, 0, ['a', 'b', 'c'])))
      await at.ask(produce, 12, to(topic, numbered(producer, 1, ['b', 'c'])))
      await at.ask(produce, 12, to(topic, numbered(producer, 2, ['c'])))
    }),
    scenario('sequences wrap around', async at => {
      const [topic, producer] = [await at.topic(), await idempotent(at)]
      await at.ask(produce, 12, to(topic, numbered(producer, 2 ** 31 - 2, ['a', 'b'])))
      await at.ask(produce, 12, to(topic, numbered(producer, 0, ['c'])))
      const [other, third] = [await at.topic(), await at.topic()]
      await at.ask(produce, 12, to(other, numbered(producer, 2 ** 31 - 1, ['a', 'b'])))
      await at.ask(produce, 12, to(other, numbered(producer, 1, ['c'])))
      await at.ask(produce, 12, to(third, numbered(producer, 2 ** 31 - 1, ['a'])))
      await at.ask(produce, 12, to(third, numbered(producer, 1, ['c'])))
    }),
    ...[
      { baseSequence: -1 },
      { baseSequence: -5 },
      { producerEpoch: -1, baseSequence: 0 },
      { producerEpoch: -1 },
      { producerId: -1n, producerEpoch: 3, baseSequence: 3 },
      { producerId: -9n, producerEpoch: 0, baseSequence: 0 },
    ].map(rest =>
      scenario(
        `a batch of ${rest.producerId ?? 'a producer'}, epoch ${rest.producerEpoch ?? 0}, sequence ${rest.baseSequence ?? -1}`,
        async at => {
          const [topic, { id: producerId }] = [await at.topic(), await idempotent(at)]
          await at.ask(produce, 12, to(topic, batchOf(['a'], { producerId, producerEpoch: 0, ...rest })))
          await storedIn(at, topic)
        },
      ),
    ),
    scenario('a producer with an id that no broker gave it', async at => {
      const topic = await at.topic()
      await at.ask(produce, 12, to(topic, numbered({ id: nobody, epoch: 0 }, 0)))
      await at.ask(produce, 12, to(topic, numbered({ id: nobody, epoch: 0 }, 1)))
    }),
    scenario('after all records were deleted the sequence goes on', async at => {
      const [topic, producer] = [await at.topic(), await idempotent(at)]
      await at.ask(produce, 12, to(topic, numbered(producer, 0)))
      await deleted(at, topic, 1n)
      await at.ask(produce, 12, to(topic, numbered(producer, 4)))
      await at.ask(produce, 12, to(topic, numbered(producer, 1)))
    }),
    scenario('one that is idempotent for one partition and not for the other', async at => {
      const [topic, producer] = [await at.topic({ partitions: 3 }), await idempotent(at)]
      const other = await idempotent(at)
      await at.ask(
        produce,
        12,
        toAll(topic, [
          [0, numbered(producer, 0)],
          [1, batchOf(['b'])],
        ]),
      )
      await at.ask(
        produce,
        12,
        toAll(topic, [
          [0, numbered(producer, 1)],
          [2, numbered(other, 0)],
        ]),
      )
      await at.ask(
        produce,
        12,
        toAll(topic, [
          [0, numbered(producer, 3)],
          [2, numbered(other, 1)],
        ]),
      )
    }),

    // Transactions
    ...[3, 7, 10, 11].flatMap(version => [
      scenario(`a partition of the transaction is written, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, 1)]
        await producer.add([topic])
        await producer.write(topic, ['a'], { version })
        await producer.write(topic, ['b', 'c'], { version })
        await producer.finish(true)
        await storedIn(at, topic)
      }),
      scenario(
        `a partition that is not in the transaction, in version ${version}`,
        async at => {
          const [one, two, producer] = [await at.topic(), await at.topic(), await Producer.started(at, 1)]
          await producer.write(one, ['a'], { version, sequence: 0 })
          await producer.add([two])
          await producer.write(one, ['a'], { version, sequence: 0 })
          await producer.write(two, ['a'], { version, sequence: 0 })
        },
        verifiedAlone,
      ),
      scenario(
        `after the end of the transaction, in version ${version}`,
        async at => {
          const [topic, producer] = [await at.topic(), await Producer.started(at, 1)]
          await producer.add([topic])
          await producer.write(topic, ['a'], { version })
          await producer.finish(true)
          await producer.write(topic, ['b'], { version, sequence: 1 })
          await producer.add([topic])
          await producer.write(topic, ['b'], { version, sequence: 1 })
        },
        verifiedAlone,
      ),
    ]),
    ...[12, 13].flatMap(version => [
      scenario(`partitions become part of the transaction, in version ${version}`, async at => {
        const [one, two, producer] = [await at.topic(), await at.topic(), await Producer.started(at)]
        await producer.write(one, ['a'], { version })
        await producer.write(two, ['b'], { version })
        await producer.write(one, ['c'], { version })
        await producer.described()
        await producer.finish(true)
        await storedIn(at, one)
        await producer.write(one, ['d'], { version })
        await producer.finish(false)
        await storedIn(at, one)
      }),
      scenario(`the epoch before the end, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        await producer.write(topic, ['a'], { version })
        const { epoch } = producer
        await producer.finish(true)
        await producer.write(topic, ['b'], { version, epoch, sequence: 1 })
        await producer.write(topic, ['b'], { version, epoch, sequence: 0 })
        await producer.described()
      }),
    ]),
    ...[7, 11, 12, 13].flatMap(version => [
      scenario(`the transactional id of another producer, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, version < 12 ? 1 : 2)]
        const other = await Producer.started(at)
        if (version < 12) await producer.add([topic])
        const { transactionalId } = other
        await producer.write(topic, ['a'], { version, transactionalId, sequence: 0 })
        await producer.write(topic, ['a'], { version, transactionalId: at.name(), sequence: 0 })
        await producer.write(topic, ['a'], { version, transactionalId: '', sequence: 0 })
      }),
      scenario(`a producer id that is not that of the transactional id, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, version < 12 ? 1 : 2)]
        if (version < 12) await producer.add([topic])
        await producer.write(topic, ['a'], { version, producerId: nobody, sequence: 0 })
      }),
      scenario(`epochs that are not the present one, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, version < 12 ? 1 : 2)]
        await producer.init()
        if (version < 12) await producer.add([topic])
        for (const epoch of [0, 4]) await producer.write(topic, ['a'], { version, epoch, sequence: 0 })
        await producer.write(topic, ['a'], { version, sequence: 0 })
        for (const epoch of [0, 4]) await producer.write(topic, ['b'], { version, epoch, sequence: 1 })
        await storedIn(at, topic)
      }),
      scenario(`a first sequence that is not 0, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, version < 12 ? 1 : 2)]
        if (version < 12) await producer.add([topic])
        await producer.write(topic, ['a'], { version, sequence: 3 })
        await producer.write(topic, ['a'], { version, sequence: 5 })
        await producer.write(topic, ['a'], { version, sequence: 0 })
      }),
      scenario(`records without a transaction amid one, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, version < 12 ? 1 : 2)]
        if (version < 12) await producer.add([topic])
        await producer.write(topic, ['a'], { version })
        await producer.write(topic, ['b'], { version, transactional: false })
        await producer.finish(true)
        await storedIn(at, topic)
      }),
      scenario(`a transactional batch without a transactional id, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, version < 12 ? 1 : 2)]
        const { producerId, epoch: producerEpoch } = producer
        const batch = batchOf(['a'], { producerId, producerEpoch, baseSequence: 0, transactional: true })
        await at.ask(produce, version, to(topic, batch))
      }),
      scenario(`a topic and a partition that are not there, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, version < 12 ? 1 : 2)]
        await producer.write(unknown, ['a'], { version })
        await producer.write(topic, ['a'], { version, partition: 4 })
        await producer.described()
      }),
    ]),
    scenario('batches of two producers in one request', async at => {
      const topic = await at.topic({ partitions: 2 })
      const [one, two] = [await Producer.started(at), await Producer.started(at)]
      const batches = [one, two].map(({ producerId, epoch: producerEpoch }, i): [number, Buffer] => [
        i,
        batchOf(['a'], { producerId, producerEpoch, baseSequence: 0, transactional: true }),
      ])
      await at.ask(produce, 12, { ...toAll(topic, batches), transactionalId: one.transactionalId })
    }),
    scenario('transactional batches and others in one request', async at => {
      const [topic, producer] = [await at.topic({ partitions: 2 }), await Producer.started(at)]
      const { producerId, epoch: producerEpoch, transactionalId } = producer
      const batch = batchOf(['a'], { producerId, producerEpoch, baseSequence: 0, transactional: true })
      await at.ask(produce, 12, {
        ...toAll(topic, [
          [0, batch],
          [1, batchOf(['b'])],
        ]),
        transactionalId,
      })
      await producer.described()
    }),
    scenario('a batch without a transaction, under a transactional id', async at => {
      const [topic, producer] = [await at.topic(), await Producer.started(at)]
      await producer.write(topic, ['a'], { transactional: false })
      await at.ask(produce, 12, to(topic, batchOf(['b']), { transactionalId: producer.transactionalId }))
      await producer.described()
    }),
    scenario('a control batch of a client is INVALID_RECORD', async at => {
      const [topic, producer] = [await at.topic(), await Producer.started(at)]
      const { producerId, epoch: producerEpoch, transactionalId } = producer
      const control = { producerId, producerEpoch, baseSequence: 0, transactional: true, control: true }
      await at.ask(produce, 12, to(topic, batchOf(['a'], control), { transactionalId }))
    }),
    scenario('acks other than all within a transaction', async at => {
      const [topic, producer] = [await at.topic(), await Producer.started(at)]
      await at.ask(produce, 12, { ...producer.writing(topic, ['a']), acks: 1 })
      await producer.finish(true)
      await storedIn(at, topic)
    }),
    ...bothVersions.map(version =>
      scenario(
        `a transaction that takes too long is aborted, of transaction version ${version}`,
        async at => {
          const [topic, producer] = [await at.topic(), await Producer.started(at, version, 300)]
          if (version === 1) await producer.add([topic])
          await producer.write(topic, ['a'])
          await producer.finished()
          await producer.described()
          await producer.write(topic, ['b'])
          if (version === 1) await producer.add([topic])
          await producer.end(true)
          const { producerId, epoch } = producer
          await producer.init({ producerId, epoch })
          await producer.init()
          await storedIn(at, topic)
        },
      ),
    ),
  ],
}

const fetchOf = (
  { name, id }: MadeTopic,
  version: number,
  { isolationLevel = committedOnly, from = 0n, maxBytes = 1_000_000 } = {},
) => ({
  maxWaitMs: 0,
  minBytes: 0,
  isolationLevel,
  ...(version >= 7 ? { sessionId: 0 } : {}),
  topics: [
    {
      topic: name,
      topicId: id,
      partitions: [{ partition: 0, fetchOffset: from, partitionMaxBytes: maxBytes }],
    },
  ],
})

/** Asks for the offsets of the partition with read_uncommitted and with read_committed. */
async function offsetsOf(at: Stage, { name }: MadeTopic, version = 8): Promise<void> {
  for (const isolationLevel of [0, committedOnly]) {
    for (const timestamp of [-1n, -2n, -3n, 0n]) {
      if (timestamp === -3n && version < 7) continue
      await at.ask(listOffsets, version, {
        replicaId: -1,
        isolationLevel,
        topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
      })
    }
  }
}

export const readCommittedFamily: Family = {
  name: 'Reading what is committed',
  scenarios: [
    ...[4, 7, 11, 12, 13, 16].flatMap(version => [
      scenario(`an open transaction, in version ${version} of Fetch`, async at => {
        const topic = await at.topic()
        await written(at, topic, ['before'])
        await writing(at, topic)
        await written(at, topic, ['behind'])
        await at.ask(fetch, version, fetchOf(topic, version))
        await at.ask(fetch, version, fetchOf(topic, version, { isolationLevel: 0 }))
        for (const from of [1n, 2n, 3n, 4n]) await at.ask(fetch, version, fetchOf(topic, version, { from }))
      }),
      scenario(`an aborted transaction, in version ${version} of Fetch`, async at => {
        const topic = await at.topic()
        await written(at, topic, ['before'])
        await (await writing(at, topic)).finish(false)
        await written(at, topic, ['behind'])
        await at.ask(fetch, version, fetchOf(topic, version))
        await at.ask(fetch, version, fetchOf(topic, version, { isolationLevel: 0 }))
        for (const from of [1n, 2n, 3n, 4n]) await at.ask(fetch, version, fetchOf(topic, version, { from }))
      }),
    ]),
    ...bothVersions.flatMap(version => [
      scenario(`a committed transaction, of transaction version ${version}`, async at => {
        const topic = await at.topic()
        await (await writing(at, topic, version)).finish(true)
        await at.ask(fetch, 12, fetchOf(topic, 12))
        await offsetsOf(at, topic)
      }),
      scenario(`transactions that overlap, of transaction version ${version}`, async at => {
        const topic = await at.topic()
        const [one, two] = [await writing(at, topic, version), await writing(at, topic, version, ['b', 'c'])]
        const three = await writing(at, topic, version, ['d'])
        await two.finish(false)
        await at.ask(fetch, 12, fetchOf(topic, 12))
        await one.finish(false)
        await at.ask(fetch, 12, fetchOf(topic, 12))
        await three.finish(true)
        await at.ask(fetch, 12, fetchOf(topic, 12))
        for (const from of [1n, 3n, 4n, 5n, 6n]) await at.ask(fetch, 12, fetchOf(topic, 12, { from }))
      }),
      scenario(`one producer aborts again and again, of transaction version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, version)]
        for (const value of ['a', 'b', 'c', 'd']) {
          if (version === 1) await producer.add([topic])
          await producer.write(topic, [value])
          await producer.finish(value === 'c')
        }
        await at.ask(fetch, 12, fetchOf(topic, 12))
        for (const from of [1n, 2n, 4n, 6n]) await at.ask(fetch, 12, fetchOf(topic, 12, { from }))
      }),
      scenario(
        `a limit behind which other transactions were aborted, of transaction version ${version}`,
        async at => {
          const [topic, producer] = [await at.topic(), await Producer.started(at, version)]
          for (const value of ['a', 'b']) {
            if (version === 1) await producer.add([topic])
            await producer.write(topic, [value])
            await producer.finish(false)
          }
          await at.ask(fetch, 12, fetchOf(topic, 12, { maxBytes: 1 }))
        },
        { differs: differences.abortedTransactions },
      ),
      scenario(`offsets with a transaction that is open, of transaction version ${version}`, async at => {
        const topic = await at.topic()
        await written(at, topic, ['before'])
        const producer = await writing(at, topic, version)
        await written(at, topic, ['behind'])
        await offsetsOf(at, topic)
        await producer.finish(false)
        await offsetsOf(at, topic)
      }),
    ]),
    ...[2, 4, 6, 7, 10].map(version =>
      scenario(`an open transaction, in version ${version} of ListOffsets`, async at => {
        const topic = await at.topic()
        await writing(at, topic)
        await offsetsOf(at, topic, version)
      }),
    ),
    scenario('a partition with nothing but an open transaction', async at => {
      const topic = await at.topic()
      await writing(at, topic)
      await at.ask(fetch, 12, fetchOf(topic, 12))
      await at.ask(fetch, 12, fetchOf(topic, 12, { from: 1n }))
      await at.ask(fetch, 12, fetchOf(topic, 12, { from: 2n }))
    }),
    scenario('records of an open transaction are deleted', async at => {
      const topic = await at.topic()
      await written(at, topic, ['before'])
      await writing(at, topic)
      await written(at, topic, ['behind'])
      await deleted(at, topic, 2n)
      await at.ask(fetch, 12, fetchOf(topic, 12, { from: 2n }))
      await offsetsOf(at, topic)
    }),
    scenario('all records behind an open transaction are deleted', async at => {
      const topic = await at.topic()
      const producer = await writing(at, topic)
      await deleted(at, topic, -1n)
      await at.ask(fetch, 12, fetchOf(topic, 12, { from: 1n }))
      await offsetsOf(at, topic)
      await producer.finish(true)
      await at.ask(fetch, 12, fetchOf(topic, 12, { from: 1n }))
      await offsetsOf(at, topic)
    }),
    scenario('records of an aborted transaction are deleted', async at => {
      const topic = await at.topic()
      const producer = await Producer.started(at)
      await producer.write(topic, ['a'])
      await producer.write(topic, ['b'])
      await producer.finish(false)
      await written(at, topic, ['behind'])
      await deleted(at, topic, 1n)
      await at.ask(fetch, 12, fetchOf(topic, 12, { from: 1n }))
      await deleted(at, topic, 3n)
      await at.ask(fetch, 12, fetchOf(topic, 12, { from: 3n }))
    }),
    scenario('what is written to another partition is not waited for', async at => {
      const topic = await at.topic({ partitions: 2 })
      const producer = await Producer.started(at)
      await producer.write(topic, ['a'], { partition: 1 })
      await written(at, topic, ['b'])
      await at.ask(fetch, 12, fetchOf(topic, 12))
    }),
    scenario('the markers of the offsets of a group are read as any other', async at => {
      const [topic, group, producer] = [await at.topic(), at.name(), await Producer.started(at)]
      await producer.commitOffset(group, topic)
      await producer.write(topic, ['a'])
      await producer.finish(true)
      await storedIn(at, topic, committedOnly)
    }),
  ],
}

const markerOf = (
  { producerId, epoch }: Pick<Producer, 'producerId' | 'epoch'>,
  topics: readonly MadeTopic[],
  {
    committed = true,
    coordinatorEpoch = 0,
    partitions = [0],
    producerEpoch = epoch,
    id = producerId,
    transactionVersion = 0,
  } = {},
) => ({
  producerId: id,
  producerEpoch,
  transactionResult: committed,
  topics: topics.map(({ name }) => ({ name, partitionIndexes: partitions })),
  coordinatorEpoch,
  transactionVersion,
})

export const writeTxnMarkersFamily: Family = {
  name: 'WriteTxnMarkers',
  scenarios: [
    ...eachVersion(writeTxnMarkers, 'a transaction is ended by hand', async (at, version) => {
      for (const committed of [true, false]) {
        const topic = await at.topic()
        const producer = await writing(at, topic, 1)
        await at.ask(writeTxnMarkers, version, { markers: [markerOf(producer, [topic], { committed })] })
        await storedIn(at, topic, committedOnly)
        await producer.write(topic, ['b'])
      }
    }),
    ...[1, 2].flatMap(version => [
      scenario(`of a transaction that is not open, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        await at.ask(writeTxnMarkers, version, { markers: [markerOf(producer, [topic])] })
        await storedIn(at, topic)
      }),
      scenario(`of an unknown producer, in version ${version}`, async at => {
        const topic = await at.topic()
        const markers = [markerOf({ producerId: nobody, epoch: 3 }, [topic])]
        await at.ask(writeTxnMarkers, version, { markers })
        await storedIn(at, topic)
      }),
      scenario(`of an epoch that is past, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, 1)]
        await producer.init()
        await producer.add([topic])
        await producer.write(topic, ['a'])
        await at.ask(writeTxnMarkers, version, {
          markers: [markerOf(producer, [topic], { producerEpoch: 0 })],
        })
        await storedIn(at, topic, committedOnly)
      }),
      scenario(`of an epoch to come, in version ${version}`, async at => {
        const topic = await at.topic()
        const producer = await writing(at, topic, 1)
        await at.ask(writeTxnMarkers, version, {
          markers: [markerOf(producer, [topic], { producerEpoch: 6 })],
        })
        await producer.write(topic, ['b'])
        await storedIn(at, topic, committedOnly)
      }),
      scenario(`of an older coordinator, in version ${version}`, async at => {
        const topic = await at.topic()
        const producer = await writing(at, topic, 1)
        await at.ask(writeTxnMarkers, version, {
          markers: [markerOf(producer, [topic], { coordinatorEpoch: 7 })],
        })
        await producer.write(topic, ['b'])
        for (const coordinatorEpoch of [3, 8, -1]) {
          const markers = [markerOf(producer, [topic], { coordinatorEpoch })]
          await at.ask(writeTxnMarkers, version, { markers })
        }
        await storedIn(at, topic)
      }),
      scenario(`to topics and partitions that are not there, in version ${version}`, async at => {
        const topic = await at.topic()
        const producer = await writing(at, topic, 1)
        const markers = [markerOf(producer, [unknown, topic], { partitions: [0, 3, -1] })]
        await at.ask(writeTxnMarkers, version, { markers })
      }),
      scenario(`of several producers, in version ${version}`, async at => {
        const topic = await at.topic()
        const [one, two] = [await writing(at, topic, 1), await writing(at, topic, 1)]
        const markers = [markerOf(one, [topic]), markerOf(two, [topic], { committed: false })]
        await at.ask(writeTxnMarkers, version, { markers })
        await storedIn(at, topic, committedOnly)
      }),
      scenario(`several of one producer, in version ${version}`, async at => {
        const [one, two] = [await at.topic(), await at.topic({ partitions: 2 })]
        const producer = await writing(at, one, 1)
        const markers = [
          markerOf(producer, [one]),
          markerOf(producer, [two], { committed: false }),
          markerOf(producer, [two], { committed: false, partitions: [1] }),
        ]
        await at.ask(writeTxnMarkers, version, { markers })
        await storedIn(at, two)
      }),
      scenario(`none, and without topics, in version ${version}`, async at => {
        at.first.patienceMs = 1500
        const producer = await Producer.started(at)
        await at.first.dare(writeTxnMarkers, version, { markers: [markerOf(producer, [])] })
        const topic = await at.topic()
        await at.first.dare(writeTxnMarkers, version, {
          markers: [markerOf(producer, [topic], { partitions: [] })],
        })
        await at.first.dare(writeTxnMarkers, version, { markers: [] })
      }),
    ]),
    ...[0, 1, 2, 3].flatMap(transactionVersion => [
      scenario(`with the epoch of the records, of transaction version ${transactionVersion}`, async at => {
        const topic = await at.topic()
        const producer = await writing(at, topic)
        await at.ask(writeTxnMarkers, 2, { markers: [markerOf(producer, [topic], { transactionVersion })] })
        await storedIn(at, topic, committedOnly)
      }),
      scenario(`with the next epoch, of transaction version ${transactionVersion}`, async at => {
        const topic = await at.topic()
        const producer = await writing(at, topic)
        const how = { transactionVersion, producerEpoch: producer.epoch + 1 }
        await at.ask(writeTxnMarkers, 2, { markers: [markerOf(producer, [topic], how)] })
        await at.ask(writeTxnMarkers, 2, { markers: [markerOf(producer, [topic], how)] })
        await storedIn(at, topic, committedOnly)
      }),
    ]),
    scenario('to a partition of the offsets of groups', async at => {
      const [topic, producer] = [await at.topic(), await Producer.started(at)]
      await producer.commitOffset('markers-by-hand', topic)
      const offsets = { name: '__consumer_offsets', id: '' }
      const partitions = Array.from({ length: 50 }, (_, i) => i)
      const { markers } = await at.quietly(writeTxnMarkers, 1, {
        markers: [markerOf(producer, [offsets], { partitions })],
      })
      at.note(
        'WriteTxnMarkers to all',
        markers[0]?.topics[0]?.partitions.filter(({ errorCode }) => errorCode !== 0),
      )
    }),
  ],
}

export const describeProducersFamily: Family = {
  name: 'DescribeProducers',
  scenarios: [
    scenario('producers of every kind', async at => {
      const topic = await at.topic()
      await written(at, topic, ['of nobody'])
      await at.ask(produce, 12, to(topic, numbered(await idempotent(at), 0, ['a', 'b'])))
      await describedIn(at, topic)
      await writing(at, topic, 1)
      await describedIn(at, topic)
      await (await writing(at, topic, 1)).finish(true)
      await (await writing(at, topic, 2)).finish(false)
      await describedIn(at, topic)
    }),
    scenario('a producer whose epoch was raised', async at => {
      const topic = await at.topic()
      const producer = await writing(at, topic)
      await producer.finish(true)
      await producer.write(topic, ['b'])
      await describedIn(at, topic)
      await producer.finish(true)
      await producer.write(topic, ['c', 'd'])
      await producer.write(topic, ['e'])
      await describedIn(at, topic)
    }),
    scenario('producers of records that were deleted', async at => {
      const topic = await at.topic()
      await writing(at, topic)
      await (await writing(at, topic)).finish(true)
      await deleted(at, topic, -1n)
      await describedIn(at, topic)
    }),
    scenario('an empty partition, and what is not there', async at => {
      const topic = await at.topic({ partitions: 2 })
      await describedIn(at, topic, [1, 0, 2, -1, 1])
      await describedIn(at, unknown)
      await describedIn(at, topic, [])
      await at.ask(describeProducers, 0, { topics: [] })
    }),
    scenario('an internal topic', async at => {
      await describedIn(at, { name: '__transaction_state', id: '' })
      await describedIn(at, { name: '__transaction_state', id: '' }, [77])
    }),
    scenario('names that no topic may have', async at => {
      for (const name of ['', '.', 'a b', 'n'.repeat(250)]) await describedIn(at, { name, id: '' })
    }),
  ],
}

const describedIn = (at: Stage, { name }: MadeTopic, partitionIndexes: readonly number[] = [0]) =>
  at.ask(describeProducers, 0, { topics: [{ name, partitionIndexes }] })

interface Filters {
  readonly version?: number
  readonly states?: readonly string[]
  readonly producerIds?: readonly bigint[]
  readonly olderThanMs?: bigint
  readonly pattern?: string | null
}

/** Notes the answer of ListTransactions about these producers. */
async function listed(at: Stage, producers: readonly Producer[], filters: Filters = {}): Promise<void> {
  const { version = 2, states = [], producerIds = [], olderThanMs = -1n, pattern = null } = filters
  const { transactionStates, ...rest } = await at.quietly(listTransactions, version, {
    stateFilters: states,
    producerIdFilters: producerIds,
    ...(version >= 1 ? { durationFilter: olderThanMs } : {}),
    ...(version >= 2 ? { transactionalIdPattern: pattern } : {}),
  })
  const ids = new Set(producers.map(({ transactionalId }) => transactionalId))
  const mine = transactionStates.filter(({ transactionalId }) => ids.has(transactionalId))
  at.note('ListTransactions of mine', { ...rest, mine })
}

/** Four producers: one that never began, and three with a transaction open, committed and aborted. */
async function ofEveryState(at: Stage): Promise<Producer[]> {
  const topic = await at.topic()
  const empty = await Producer.started(at)
  const [open, committed, aborted] = [
    await writing(at, topic),
    await writing(at, topic),
    await writing(at, topic),
  ]
  await committed.finish(true)
  await aborted.finish(false)
  return [empty, open, committed, aborted]
}

export const listTransactionsFamily: Family = {
  name: 'ListTransactions',
  scenarios: [
    ...eachVersion(listTransactions, 'transactions of every state', async (at, version) => {
      await listed(at, await ofEveryState(at), { version })
    }),
    ...[
      ['Ongoing'],
      ['Empty', 'CompleteAbort'],
      ['PrepareCommit', 'PrepareAbort', 'CompleteCommit'],
      ['Dead'],
      ['PrepareEpochFence'],
      ['ongoing'],
      ['Nonsense', 'Ongoing', 'More nonsense'],
      ['Nonsense'],
      [''],
      ['Ongoing', 'Ongoing'],
    ].map(states =>
      scenario(`those in the states ${states.map(each => `'${each}'`).join(' and ')}`, async at => {
        await listed(at, await ofEveryState(at), { states })
      }),
    ),
    scenario('those of a producer', async at => {
      const producers = await ofEveryState(at)
      const ids = producers.map(({ producerId }) => producerId)
      await listed(at, producers, { producerIds: ids.slice(1, 3) })
      await listed(at, producers, { producerIds: [nobody] })
      await listed(at, producers, { producerIds: [nobody, ids[0] as bigint, -1n] })
      await listed(at, producers, { producerIds: ids, states: ['Ongoing'] })
    }),
    ...[-1n, -5n, 0n, 1n, 3_600_000n, 2n ** 63n - 1n].map(olderThanMs =>
      scenario(`those that are open for more than ${olderThanMs} ms`, async at => {
        const producers = await ofEveryState(at)
        await at.pause(20)
        await listed(at, producers, { olderThanMs })
        await listed(at, producers, { olderThanMs, states: ['Ongoing', 'CompleteCommit'] })
      }),
    ),
    ...[
      null,
      '',
      '.*',
      'x',
      '(',
      '[a',
      '(?=s).*',
      '(.)\\1',
      's\\d+-2',
      's\\d+',
      '(?i)S.*',
      '\\',
      '*',
      'a{1001}',
    ].map(pattern =>
      scenario(
        `those whose id matches ${pattern === null ? 'nothing in particular' : `'${pattern}'`}`,
        async at => {
          await listed(at, await ofEveryState(at), { pattern })
        },
      ),
    ),
    scenario('a wrong pattern and an unknown state', async at => {
      await listed(at, await ofEveryState(at), { pattern: '(', states: ['Nonsense'] })
    }),
    scenario('one whose transaction was aborted for a new producer', async at => {
      const producer = await writing(at, await at.topic())
      await producer.initAgain()
      await listed(at, [producer])
    }),
  ],
}
