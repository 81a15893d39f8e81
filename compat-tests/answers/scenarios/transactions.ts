import { addPartitionsToTxn } from '../../../src/wire/apis/add-partitions-to-txn.js'
import { describeTransactions } from '../../../src/wire/apis/describe-transactions.js'
import { endTxn } from '../../../src/wire/apis/end-txn.js'
import { initProducerId } from '../../../src/wire/apis/init-producer-id.js'
import { differences } from '../differences.js'
import { unknown } from '../partition-requests.js'
import { Producer } from '../producer.js'
import { eachVersion, type Family, scenario } from '../scenario.js'

const nobody = 987_654_321n
const bothVersions = [1, 2] as const

export const initProducerIdFamily: Family = {
  name: 'InitProducerId',
  scenarios: [
    ...eachVersion(initProducerId, 'an idempotent producer', async (at, version) => {
      await at.ask(initProducerId, version, { transactionalId: null, transactionTimeoutMs: 60_000 })
      await at.ask(initProducerId, version, { transactionalId: null, transactionTimeoutMs: 60_000 })
    }),
    ...[0, -1, 2 ** 31 - 1].map(transactionTimeoutMs =>
      scenario(`an idempotent producer with a timeout of ${transactionTimeoutMs}`, async at => {
        await at.ask(initProducerId, 5, { transactionalId: null, transactionTimeoutMs })
      }),
    ),
    ...[
      [-1n, 3],
      [5n, -1],
      [5n, 3],
      [-2n, -2],
      [2n ** 62n, 7],
    ].flatMap(([producerId, epoch]) =>
      [3, 5].map(version =>
        scenario(
          `an idempotent producer that says it is ${producerId} in epoch ${epoch}, in version ${version}`,
          async at => {
            await at.ask(initProducerId, version, {
              transactionalId: null,
              transactionTimeoutMs: 60_000,
              producerId: producerId as bigint,
              producerEpoch: epoch as number,
            })
          },
        ),
      ),
    ),
    ...eachVersion(initProducerId, 'a transactional id is new, and comes again', async (at, version) => {
      const producer = new Producer(at)
      await producer.init({ version })
      await producer.init({ version })
      await producer.described()
    }),
    ...eachVersion(initProducerId, 'the empty transactional id is INVALID_REQUEST', async (at, version) => {
      await new Producer(at, { transactionalId: '' }).init({ version })
    }),
    ...[0, -1, 1, 900_000, 900_001, 2 ** 31 - 1].map(timeoutMs =>
      scenario(`a timeout of ${timeoutMs} ms`, async at => {
        const producer = new Producer(at)
        await producer.init({ timeoutMs })
        await producer.described()
      }),
    ),
    scenario('a timeout that is too long is INVALID_TRANSACTION_TIMEOUT in version 0', async at => {
      await new Producer(at).init({ version: 0, timeoutMs: 900_001 })
    }),
    scenario('a timeout is changed', async at => {
      const producer = await Producer.started(at)
      await producer.init({ timeoutMs: 1234 })
      await producer.described()
    }),
    scenario('a bad timeout of an id with an open transaction', async at => {
      const [topic, producer] = [await at.topic(), await Producer.started(at)]
      await producer.write(topic, ['a'])
      await producer.init({ timeoutMs: 0 })
      await producer.described()
    }),
    scenario('the empty id with a bad timeout, and half an identity', async at => {
      const producer = new Producer(at, { transactionalId: '' })
      await producer.init({ timeoutMs: 0 })
      await producer.init({ timeoutMs: 0, producerId: 4n })
      await new Producer(at).init({ timeoutMs: 0, producerId: 4n })
    }),

    // An own id and epoch (KIP-360)
    ...[3, 4, 5].flatMap(version => [
      scenario(`a producer raises its own epoch, in version ${version}`, async at => {
        const producer = await Producer.started(at)
        const { producerId, epoch } = producer
        await producer.init({ version, producerId, epoch })
        await producer.init({ version, producerId, epoch })
        await producer.init({ version, producerId, epoch: producer.epoch })
        await producer.described()
      }),
      scenario(`an epoch long past, in version ${version}`, async at => {
        const producer = await Producer.started(at)
        const { producerId, epoch } = producer
        for (let i = 0; i < 3; i++) await producer.init({ version })
        await producer.init({ version, producerId, epoch })
        await producer.init({ version, producerId, epoch: 2 })
      }),
      scenario(`an epoch to come, in version ${version}`, async at => {
        const producer = await Producer.started(at)
        await producer.init({ version, producerId: producer.producerId, epoch: 9 })
      }),
      scenario(`the id of another producer, in version ${version}`, async at => {
        const [producer, other] = [await Producer.started(at), await Producer.started(at)]
        await producer.init({ version, producerId: other.producerId, epoch: other.epoch })
        await producer.init({ version, producerId: nobody, epoch: 0 })
      }),
      scenario(`a new transactional id with an id and an epoch, in version ${version}`, async at => {
        const producer = new Producer(at)
        await producer.init({ version, producerId: nobody, epoch: 5 })
        await producer.described()
      }),
      scenario(`half an identity is INVALID_REQUEST in version ${version}`, async at => {
        const producer = await Producer.started(at)
        await producer.init({ version, producerId: producer.producerId })
        await producer.init({ version, epoch: 0 })
      }),
    ]),
    scenario('negative ids and epochs', async at => {
      const producer = await Producer.started(at)
      await producer.init({ producerId: -2n, epoch: 0 })
      await producer.init({ producerId: producer.producerId, epoch: -2 })
      await producer.init({ producerId: -2n, epoch: -2 })
    }),

    // With a transaction before it
    ...bothVersions.flatMap(version => [
      scenario(`an open transaction is aborted first, of transaction version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, version)]
        if (version === 1) await producer.add([topic])
        await producer.write(topic, ['a'])
        await producer.init()
        await producer.finished()
        await producer.described()
        await producer.initAgain()
        await producer.described()
      }),
      scenario(`the one before is fenced off, of transaction version ${version}`, async at => {
        const [topic, first] = [await at.topic(), await Producer.started(at, version)]
        const { producerId, epoch } = first
        await first.initAgain()
        const old = { producerId, epoch }
        if (version === 1) await first.add([topic], old)
        await first.write(topic, ['a'], old)
        await first.commitOffset(at.name(), topic, old)
        await first.end(true, old)
        await first.init(old)
      }),
      scenario(`a finished transaction, of transaction version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at, version)]
        if (version === 1) await producer.add([topic])
        await producer.write(topic, ['a'])
        await producer.finish(true)
        await producer.described()
        await producer.init()
        await producer.described()
      }),
      scenario(
        `an own id and epoch with an open transaction, of transaction version ${version}`,
        async at => {
          const [topic, producer] = [await at.topic(), await Producer.started(at, version)]
          if (version === 1) await producer.add([topic])
          await producer.write(topic, ['a'])
          const { producerId, epoch } = producer
          await producer.init({ producerId, epoch })
          await producer.finished()
          await producer.described()
          await producer.init({ producerId, epoch })
          await producer.init({ producerId, epoch: epoch + 1 })
          await producer.described()
        },
      ),
    ]),
    scenario('version 6, which no broker offers unless a setting says so', async at => {
      await at.first.dare(initProducerId, 6, {
        transactionalId: at.name(),
        transactionTimeoutMs: 60_000,
        enable2Pc: true,
      })
    }),
    scenario('producer ids of the broker count on', async at => {
      const [one, two] = [await Producer.started(at), await Producer.started(at)]
      at.note('InitProducerId of both', { differ: one.producerId !== two.producerId })
    }),
    scenario('a very long transactional id', async at => {
      const producer = new Producer(at, { transactionalId: `${at.name()}${'x'.repeat(20_000)}` })
      await producer.init()
      await producer.described()
    }),
    scenario('a transactional id that is no name of a topic', async at => {
      const producer = new Producer(at, { transactionalId: `${at.name()} / ü \u0000` })
      await producer.init()
      await producer.described()
    }),
  ],
}

export const addPartitionsToTxnFamily: Family = {
  name: 'AddPartitionsToTxn',
  scenarios: [
    ...eachVersion(addPartitionsToTxn, 'partitions are added, and more of them', async (at, version) => {
      const [one, two] = [await at.topic({ partitions: 2 }), await at.topic()]
      const producer = await Producer.started(at, 1)
      await producer.add([one], { version, partitions: [0, 1] })
      await producer.add([one, two], { version })
      await producer.described()
    }),
    ...[0, 1, 2, 3, 4, 5].flatMap(version => [
      scenario(`a transactional id that is not known, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), new Producer(at)]
        await producer.add([topic], { version, producerId: nobody, epoch: 0 })
      }),
      scenario(`another producer id is INVALID_PRODUCER_ID_MAPPING in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        await producer.add([topic], { version, producerId: nobody })
      }),
      scenario(`an old epoch is fenced, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        await producer.init()
        await producer.add([topic], { version, epoch: 0 })
      }),
      scenario(`an epoch to come is fenced, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        await producer.add([topic], { version, epoch: 7 })
      }),
      scenario(`the empty transactional id is INVALID_REQUEST in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        await producer.add([topic], { version, transactionalId: '' })
      }),
      scenario(
        `one topic that is not there is UNKNOWN_TOPIC_OR_PARTITION, and OPERATION_NOT_ATTEMPTED the others, in version ${version}`,
        async at => {
          const [topic, producer] = [await at.topic(), await Producer.started(at)]
          await producer.add([topic, unknown], { version })
          await producer.add([topic], { version, partitions: [0, 4, -1] })
          await producer.described()
        },
      ),
    ]),
    ...[3, 4, 5].flatMap(version => [
      scenario(`no topics, and a topic without partitions, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        await producer.add([], { version })
        await producer.described()
        await producer.add([topic], { version, partitions: [] })
        await producer.described()
      }),
      scenario(`the same partition twice, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        await producer.add([topic], { version, partitions: [0, 0] })
        await producer.add([topic, topic], { version })
        await producer.described()
      }),
      scenario(`internal topics, in version ${version}`, async at => {
        const [topic, producer] = [await at.topic(), await Producer.started(at)]
        await producer.add([topic, { name: '__consumer_offsets', id: '' }], { version, partitions: [0, 77] })
        for (const name of ['__consumer_offsets', '__transaction_state']) {
          await producer.add([{ name, id: '' }], { version })
        }
      }),
      scenario(`an internal topic and one that is not there, in version ${version}`, async at => {
        const producer = await Producer.started(at)
        await producer.add([unknown, { name: '__transaction_state', id: '' }], { version })
      }),
      scenario(`a wrong producer and a topic that is not there, in version ${version}`, async at => {
        const producer = await Producer.started(at)
        await producer.add([unknown], { version, producerId: nobody })
        await producer.add([unknown], { version, transactionalId: '' })
      }),
    ]),
    scenario('after a transaction that was ended', async at => {
      const [topic, producer] = [await at.topic(), await Producer.started(at, 1)]
      await producer.add([topic])
      await producer.finish(true)
      await producer.described()
      await producer.add([topic])
      await producer.described()
    }),

    // Many transactions at once, as brokers ask (KIP-890)
    ...[4, 5].flatMap(version => [
      scenario(`several transactions at once, each answered for itself, in version ${version}`, async at => {
        const topic = await at.topic()
        const [one, two, three] = [
          await Producer.started(at, 1),
          await Producer.started(at, 1),
          await Producer.started(at, 1),
        ]
        const transactions = [
          one.addition([topic], { version }),
          two.addition([unknown], { version }),
          three.addition([topic], { version, epoch: 6 }),
        ].flatMap(each => each.transactions ?? [])
        await at.ask(addPartitionsToTxn, version, { transactions })
        await one.described()
      }),
      scenario(`whether partitions are in a transaction is only asked, in version ${version}`, async at => {
        const [one, two] = [await at.topic(), await at.topic()]
        const producer = await Producer.started(at, 1)
        const verify = (topics: (typeof one)[]) =>
          at.ask(addPartitionsToTxn, version, producer.addition(topics, { version, verifyOnly: true }))
        await verify([one])
        await producer.add([one])
        await verify([one])
        await verify([two])
        await verify([one, two])
        await producer.described()
        await verify([unknown, one])
        await producer.finish(false)
        await verify([one])
      }),
      scenario(`verification of another producer, in version ${version}`, async at => {
        const topic = await at.topic()
        const producer = await Producer.started(at, 1)
        await producer.add([topic])
        for (const wrong of [{ producerId: nobody }, { epoch: 4 }, { transactionalId: at.name() }]) {
          const addition = producer.addition([topic], { version, verifyOnly: true, ...wrong })
          await at.ask(addPartitionsToTxn, version, addition)
        }
      }),
      scenario(
        `no transactions, in version ${version}`,
        async at => {
          at.first.patienceMs = 1000
          await at.first.dare(addPartitionsToTxn, version, { transactions: [] })
        },
        { differs: differences.noTransactions },
      ),
    ]),
  ],
}

export const endTxnFamily: Family = {
  name: 'EndTxn',
  scenarios: [
    ...eachVersion(endTxn, 'a transaction is committed, and the next aborted', async (at, version) => {
      const topic = await at.topic()
      const producer = await Producer.started(at, version >= 5 ? 2 : 1)
      for (const committed of [true, false]) {
        if (version < 5) await producer.add([topic])
        await producer.write(topic, ['a'])
        await producer.described()
        await producer.finish(committed, { version })
        await producer.described()
      }
    }),
    ...eachVersion(endTxn, 'what was not begun', async (at, version) => {
      const producer = await Producer.started(at)
      await producer.end(true, { version })
      await producer.described()
      await producer.end(false, { version })
      await producer.finished()
      await producer.described()
    }),
    ...eachVersion(endTxn, 'an id that is not known is INVALID_PRODUCER_ID_MAPPING', async (at, version) => {
      await new Producer(at).end(true, { version, producerId: nobody, epoch: 0 })
    }),
    ...eachVersion(endTxn, 'another producer is INVALID_PRODUCER_ID_MAPPING', async (at, version) => {
      const [topic, producer] = [await at.topic(), await Producer.started(at)]
      await producer.write(topic, ['a'])
      await producer.end(true, { version, producerId: nobody })
      await producer.described()
    }),
    ...eachVersion(endTxn, 'an epoch that is not the present one', async (at, version) => {
      const [topic, producer] = [await at.topic(), await Producer.started(at)]
      await producer.init()
      await producer.init()
      await producer.write(topic, ['a'])
      for (const epoch of [0, 1, 3, 9]) await producer.end(true, { version, epoch })
      await producer.described()
    }),
    ...eachVersion(endTxn, 'the empty transactional id is INVALID_REQUEST', async (at, version) => {
      const producer = await Producer.started(at)
      await producer.end(true, { version, transactionalId: '' })
    }),
    ...[0, 4, 5].flatMap(version =>
      [true, false].flatMap(committed => [
        scenario(
          `the same ${committed ? 'commit' : 'abort'} comes again, in version ${version}`,
          async at => {
            const [topic, producer] = [await at.topic(), await Producer.started(at, version === 5 ? 2 : 1)]
            if (version < 5) await producer.add([topic])
            await producer.write(topic, ['a'])
            const { producerId, epoch } = producer
            await producer.finish(committed, { version })
            await producer.end(committed, { version, producerId, epoch })
            await producer.described()
          },
        ),
        scenario(
          `after ${committed ? 'a commit' : 'an abort'} the contrary, in version ${version}`,
          async at => {
            const [topic, producer] = [await at.topic(), await Producer.started(at, version === 5 ? 2 : 1)]
            if (version < 5) await producer.add([topic])
            await producer.write(topic, ['a'])
            const { producerId, epoch } = producer
            await producer.finish(committed, { version })
            await producer.end(!committed, { version, producerId, epoch })
            await producer.described()
          },
        ),
      ]),
    ),
    ...[true, false].map(committed =>
      scenario(
        `with the new epoch, nothing is ${committed ? 'committed' : 'aborted'} after a commit, in version 5`,
        async at => {
          const [topic, producer] = [await at.topic(), await Producer.started(at)]
          await producer.write(topic, ['a'])
          await producer.finish(true)
          await producer.end(committed)
          await producer.finished()
          await producer.described()
        },
      ),
    ),
    scenario('a transaction of version 1 is ended in version 2, and the other way round', async at => {
      const [topic, one, two] = [await at.topic(), await Producer.started(at, 1), await Producer.started(at)]
      await one.add([topic])
      await one.write(topic, ['a'])
      await one.finish(true, { version: 5 })
      await one.described()
      await two.write(topic, ['b'])
      await two.finish(true, { version: 4 })
      await two.described()
    }),
    scenario('partitions of a topic that was deleted', async at => {
      const [kept, deleted, producer] = [await at.topic(), await at.topic(), await Producer.started(at)]
      await producer.write(kept, ['a'])
      await producer.write(deleted, ['b'])
      await at.deleteTopic(deleted)
      await producer.finish(true)
      await producer.described()
    }),
    scenario('the next transaction begins with the epoch that was answered', async at => {
      const [topic, producer] = [await at.topic(), await Producer.started(at)]
      for (const value of ['a', 'b', 'c']) {
        await producer.write(topic, [value])
        await producer.finish(true)
      }
      await producer.described()
    }),
  ],
}

export const describeTransactionsFamily: Family = {
  name: 'DescribeTransactions',
  scenarios: [
    scenario('one that was never used, that is open, and that is complete', async at => {
      const topic = await at.topic({ partitions: 3 })
      const [empty, open, complete] = [
        await Producer.started(at),
        await Producer.started(at),
        await Producer.started(at),
      ]
      await open.write(topic, ['a'], { partition: 2 })
      await open.write(topic, ['a'])
      await complete.write(topic, ['a'], { partition: 1 })
      await complete.finish(true)
      const transactionalIds = [open, empty, complete].map(each => each.transactionalId)
      await at.ask(describeTransactions, 0, { transactionalIds })
    }),
    scenario('an id that is not known is TRANSACTIONAL_ID_NOT_FOUND', async at => {
      await new Producer(at).described()
    }),
    scenario('the empty id is INVALID_REQUEST', async at => {
      await at.ask(describeTransactions, 0, { transactionalIds: [''] })
    }),
    scenario('no ids', async at => {
      await at.ask(describeTransactions, 0, { transactionalIds: [] })
    }),
    scenario('good and bad ids together, one of them twice', async at => {
      const { transactionalId } = await Producer.started(at)
      await at.ask(describeTransactions, 0, {
        transactionalIds: [transactionalId, at.name(), '', transactionalId],
      })
    }),
    ...bothVersions.map(version =>
      scenario(`with the offsets of a group, of transaction version ${version}`, async at => {
        const [topic, producer, group] = [await at.topic(), await Producer.started(at, version), at.name()]
        if (version === 1) await producer.addGroup(group)
        await producer.commitOffset(group, topic)
        await producer.described()
      }),
    ),
  ],
}
