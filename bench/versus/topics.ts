import kafkajs, { type Admin } from 'kafkajs'
import type { BrokerUnderTest } from './broker.js'

let made = 0

/** Topics are deleted when they have served, and their files soon after, or else the disk would fill up. */
const configEntries = [{ name: 'file.delete.delay.ms', value: '1000' }]

async function administer<T>({ bootstrap }: BrokerUnderTest, work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** A topic for this work only. */
export async function withTopic<T>(
  broker: BrokerUnderTest,
  partitions: number,
  work: (topic: string) => Promise<T>,
): Promise<T> {
  const topic = `bench-${process.pid}-${made++}`
  await administer(broker, admin =>
    admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] }),
  )
  try {
    return await work(topic)
  } finally {
    await administer(broker, admin => admin.deleteTopics({ topics: [topic] }))
  }
}
