import { setTimeout as pause } from 'node:timers/promises'
import kafkajs, { type Admin } from 'kafkajs'
import type { BrokerUnderTest } from './broker.js'

let made = 0

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

/** Apache Kafka answers before all of its parts know of the topic. */
async function untilLed(admin: Admin, topic: string, partitions: number): Promise<void> {
  for (;;) {
    const found = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => ({ topics: [] }))
    if (found.topics[0]?.partitions.filter(({ leader }) => leader >= 0).length === partitions) return
    await pause(20)
  }
}

/** The end of each partition, once all of them answer: Apache Kafka takes clients before it leads all that it has. */
export function offsetsOf(broker: BrokerUnderTest, topic: string): Promise<number[]> {
  return administer(broker, async admin => {
    for (;;) {
      try {
        const offsets = await admin.fetchTopicOffsets(topic)
        return offsets.map(({ offset }) => Number(offset))
      } catch (thrown) {
        if (!(thrown instanceof kafkajs.KafkaJSError && thrown.retriable)) throw thrown
        await pause(20)
      }
    }
  })
}

/**
 * Makes a topic for this work only. Its files have gone afterwards, so that the memory of their pages serves the next
 * work: a virtual machine gives its host what is free beyond some bound, and would wait for it to come back.
 */
export async function withTopic<T>(
  broker: BrokerUnderTest,
  partitions: number,
  work: (topic: string) => Promise<T>,
  configs: Readonly<Record<string, string | number>> = {},
): Promise<T> {
  const configEntries = Object.entries(configs).map(([name, value]) => ({
    name,
    value: String(value),
  }))
  const topic = `bench-${process.pid}-${made++}`
  await administer(broker, async admin => {
    const topics = [{ topic, numPartitions: partitions, configEntries }]
    await admin.createTopics({ topics, waitForLeaders: false })
    await untilLed(admin, topic, partitions)
  })
  try {
    return await work(topic)
  } finally {
    await administer(broker, admin => admin.deleteTopics({ topics: [topic] }))
    await broker.removed()
  }
}
