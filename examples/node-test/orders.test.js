import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { Broker } from 'ottla'

let broker
let kafka

before(async () => {
  broker = await Broker.create({ brokers: 3, topics: ['orders:3:3', 'invoices:1:3'] })
  kafka = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING })
})
after(() => broker.stop())

/** Reads so many records of a topic from the beginning, as a group of its own. */
async function read(topic, count, groupId) {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values = []
  await new Promise(resolve =>
    consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value))
        if (values.length === count) resolve()
      },
    }),
  )
  await consumer.disconnect()
  return values
}

async function write(topic, ...values) {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: values.map(value => ({ key: value, value })) })
  await producer.disconnect()
}

test('what is produced is consumed', async () => {
  await write('orders', 'tea', 'bread')
  assert.deepEqual((await read('orders', 2, 'kitchen')).sort(), ['bread', 'tea'])
})

test('a group goes on where it stopped', async () => {
  await write('orders', 'soup')
  assert.deepEqual(await read('orders', 1, 'kitchen'), ['soup'])
})

test('readers see what was committed, and nothing of what was aborted', async () => {
  const producer = kafka.producer({ transactionalId: 'billing', maxInFlightRequests: 1, idempotent: true })
  await producer.connect()
  const aborted = await producer.transaction()
  await aborted.send({ topic: 'invoices', messages: [{ value: 'wrong' }] })
  await aborted.abort()
  const committed = await producer.transaction()
  await committed.send({ topic: 'invoices', messages: [{ value: 'right' }] })
  await committed.commit()
  await producer.disconnect()
  assert.deepEqual(await read('invoices', 1, 'tax'), ['right'])
})

test('a node goes away, and its partitions have other leaders', async () => {
  const admin = kafka.admin()
  await admin.connect()
  await broker.stopNode(2)
  const { topics } = await admin.fetchTopicMetadata({ topics: ['orders'] })
  assert.ok(topics[0].partitions.every(({ leader }) => leader !== 2))
  await admin.disconnect()
  await broker.startNode(2)
})
