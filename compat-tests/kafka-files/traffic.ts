import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Consumer, MessagesStreamFallbackModes, MessagesStreamModes } from '@platformatic/kafka'
import kafkajs from 'kafkajs'

const { Kafka, logLevel } = kafkajs

export const codecNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** An idempotent producer of librdkafka that writes so many records, which hardly compress. */
export async function kcatProduces(bootstrap: string, topic: string, codec: string, records: number) {
  const settings = ['-X', 'enable.idempotence=true', '-X', 'batch.num.messages=500']
  const lines = Array.from(
    { length: records },
    (_, i) => `key ${i % 50}:${i} ${randomBytes(50).toString('hex')}\n`,
  )
  await kcat(bootstrap, ['-P', '-t', topic, '-z', codec, '-K:', ...settings], lines.join(''))
}

/** A group of librdkafka that reads to the end and commits; returns how many records it read. */
export async function kcatReads(bootstrap: string, group: string, topic: string): Promise<number> {
  const args = ['-e', '-X', 'auto.offset.reset=earliest', '-f', '%o\\n', '-G', group, topic]
  return (await kcat(bootstrap, args, '')).split('\n').length - 1
}

async function kcat(bootstrap: string, args: readonly string[], input: string): Promise<string> {
  const child = spawn('kcat', ['-b', bootstrap, '-q', ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(input)
  const said: Buffer[] = []
  child.stdout.on('data', chunk => said.push(chunk))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${code}`)
  return Buffer.concat(said).toString()
}

/** A consumer group (KIP-848), to which the broker assigns partitions, reads so many records and commits. */
export async function consumerGroupReads(bootstrap: string, groupId: string, topic: string, records: number) {
  const consumer = new Consumer({
    clientId: groupId,
    groupId,
    bootstrapBrokers: [bootstrap],
    groupProtocol: 'consumer',
  })
  const stream = await consumer.consume({
    topics: [topic],
    autocommit: false,
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode: MessagesStreamFallbackModes.EARLIEST,
  })
  let read = 0
  for await (const message of stream) {
    await message.commit()
    if (++read === records) break
  }
  await consumer.close(true)
}

/**
 * KafkaJS does what kcat cannot: topics and settings, headers, tombstones, times of any order, many
 * commits; and goes on when the broker was gone. Its producer is idempotent.
 */
export class KafkajsTraffic {
  readonly #kafka: kafkajs.Kafka

  constructor(bootstrap: string) {
    this.#kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 20 } })
  }

  async administers(): Promise<void> {
    const admin = this.#kafka.admin()
    await admin.connect()
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
    await admin.createTopics({
      topics: [
        { topic: 'stamped', numPartitions: 2, configEntries },
        { topic: 'mixed', numPartitions: 2, configEntries: [{ name: 'index.interval.bytes', value: '200' }] },
        { topic: 'compacted', configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
        { topic: 'transacted', numPartitions: 2 },
        { topic: 'deleted' },
      ],
    })
    await admin.createPartitions({ topicPartitions: [{ topic: 'stamped', count: 3 }] })
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        { type: 2, name: 'mixed', configEntries: [{ name: 'max.message.bytes', value: '2000000' }] },
      ],
    })
    await admin.deleteTopics({ topics: ['deleted'] })
    await admin.disconnect()
  }

  async produces(topic: string, sends: number): Promise<void> {
    const producer = this.#kafka.producer({ allowAutoTopicCreation: false, idempotent: true })
    await producer.connect()
    for (let i = 0; i < sends; i++) {
      const messages = Array.from({ length: 20 }, (_, j) => ({
        key: j % 5 === 0 ? null : `key ${j}`,
        value: j % 7 === 0 ? null : randomBytes(100).toString('hex'),
        timestamp: String(1_700_000_000_000 + ((i * 7919 + j * 104_729) % 1_000_000)),
        headers: j % 3 === 0 ? { trace: randomBytes(8), empty: '' } : {},
        partition: j % 2,
      }))
      await producer.send({ topic, messages, compression: i % 2 })
    }
    await producer.disconnect()
  }

  /** Reads so many records in a group that commits every few of them. */
  async reads(groupId: string, topic: string, records: number): Promise<void> {
    const consumer = this.#kafka.consumer({ groupId, sessionTimeout: 6000 })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const read = new Set<string>()
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ partition, message }: kafkajs.EachMessagePayload) => {
        read.add(`${partition}:${message.offset}`)
        if (read.size === records) resolve()
      }
      consumer.run({ autoCommitThreshold: 50, eachMessage }).catch(reject)
    })
    await consumer.disconnect()
  }

  async deletesRecords(topic: string, offset: number): Promise<void> {
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.fetchTopicOffsets(topic) // else KafkaJS does not know its leader
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
    await admin.disconnect()
  }

  /**
   * Transactions that commit records and the offsets of a group, and others that abort. The last one is left
   * open, as by an application that died.
   */
  async transacts(topic: string, groupId: string, transactions: number): Promise<void> {
    const transactionalId = `transacts-${topic}`
    const transactionTimeout = 600_000 // the open one outlives the test
    const settings = { transactionalId, transactionTimeout, maxInFlightRequests: 1 }
    const producer = this.#kafka.producer(settings)
    await producer.connect()
    for (let i = 0; i <= transactions; i++) {
      const transaction = await producer.transaction()
      const values = Array.from({ length: 10 }, (_, j) => ({
        key: `key ${j}`,
        value: `${i}`,
        partition: j % 2,
      }))
      await transaction.send({ topic, messages: values })
      const offsets = [{ partition: 0, offset: String(i) }]
      await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic, partitions: offsets }] })
      if (i === transactions) break
      await (i % 3 === 0 ? transaction.abort() : transaction.commit())
    }
    await producer.disconnect()
  }
}
