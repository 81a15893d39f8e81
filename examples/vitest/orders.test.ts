import { Kafka, logLevel } from 'kafkajs'
import { Broker } from 'ottla'
import { afterAll, beforeAll, expect, test } from 'vitest'

let broker: Broker
let kafka: Kafka

beforeAll(async () => {
  broker = await Broker.create()
  kafka = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING })
})
afterAll(() => broker.stop())

/** A topic that no other test knows. */
async function newTopic(name: string): Promise<string> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: name, numPartitions: 1 }], waitForLeaders: true })
  await admin.disconnect()
  return name
}

test('records of one key keep their order', async () => {
  const topic = await newTopic('steps')
  const producer = kafka.producer()
  await producer.connect()
  for (const value of ['one', 'two', 'three']) {
    await producer.send({ topic, messages: [{ key: 'walk', value }] })
  }
  await producer.disconnect()

  const consumer = kafka.consumer({ groupId: 'walkers', maxWaitTimeInMs: 200 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await new Promise<void>(resolve => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        if (values.push(String(message.value)) === 3) resolve()
      },
    })
  })
  await consumer.disconnect()
  expect(values).toEqual(['one', 'two', 'three'])
})
