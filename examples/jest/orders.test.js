const { Kafka, logLevel } = require('kafkajs')
const { Broker } = require('ottla')

let broker
let kafka

beforeAll(async () => {
  broker = await Broker.create({ topics: ['orders'] })
  kafka = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING })
})
afterAll(() => broker.stop())

test('an order is where it was written to', async () => {
  const producer = kafka.producer()
  await producer.connect()
  const [{ baseOffset, partition }] = await producer.send({ topic: 'orders', messages: [{ value: 'tea' }] })
  await producer.disconnect()

  const admin = kafka.admin()
  await admin.connect()
  const [{ high }] = await admin.fetchTopicOffsets('orders')
  await admin.disconnect()
  expect([partition, baseOffset, high]).toEqual([0, '0', '1'])
})
