/** Runs kafkajs as a driver of the matrix. */
import { createRequire } from 'node:module'
import kafkajs, { type Consumer, type Producer } from 'kafkajs'
import snappy from 'kafkajs-snappy'
import type { Codec, SentRecord } from '../matrix/steps.js'
import { Cannot, serve, tell } from '../support/serve.js'

const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs
CompressionCodecs[CompressionTypes.Snappy] = snappy

const { version } = createRequire(import.meta.url)('kafkajs/package.json') as { version: string }
const kafka = new kafkajs.Kafka({
  brokers: [process.argv[2] as string],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 20 },
})
const admin = kafka.admin({ retry: { initialRetryTime: 50, retries: 4 } })
await admin.connect()

const compressions: Partial<Record<Codec, number>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
}
const bytes = (base64: string | null): Buffer | null =>
  base64 === null ? null : Buffer.from(base64, 'base64')
const base64 = (bytes: Buffer | string | null | undefined): string | null =>
  bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString('base64')

const producers = new Map<boolean, Producer>()
async function producerOf(idempotent: boolean): Promise<Producer> {
  const known = producers.get(idempotent)
  if (known) return known
  const producer = kafka.producer({ idempotent, ...(idempotent ? { maxInFlightRequests: 1 } : {}) })
  await producer.connect()
  producers.set(idempotent, producer)
  return producer
}

function message({ key, value, headers = [], partition, timestamp }: SentRecord) {
  const grouped: Record<string, Buffer | Buffer[]> = {}
  for (const [name, value] of headers) {
    if (value === null) throw new Cannot('no null in headers')
    const known = grouped[name]
    const added = bytes(value) as Buffer
    grouped[name] = known ? [known, added].flat() : added
  }
  return {
    key: bytes(key),
    value: bytes(value),
    headers: grouped,
    ...(partition === undefined ? {} : { partition }),
    ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
  }
}

interface Reading {
  readonly consumer: Consumer
  /** The offset after the last record that was reported, by topic and partition. */
  readonly next: Map<string, { topic: string; partition: number; offset: string }>
}
const consumers = new Map<string, Reading>()
const reading = (name: string): Reading => consumers.get(name) as Reading

/** Reads on, of everything or of `only` one partition. */
async function read(
  name: string,
  consumer: Consumer,
  autoCommitMs: number | null,
  only?: number,
): Promise<void> {
  const next: Reading['next'] = new Map()
  consumers.set(name, { consumer, next })
  let owned: (readonly [string, number])[] = []
  consumer.on(consumer.events.REBALANCING, () => {
    tell({ event: 'revoked', consumer: name, partitions: owned })
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    tell({ event: 'revoked', consumer: name, partitions: owned })
    owned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map(partition => [topic, partition] as const),
    )
    tell({ event: 'assigned', consumer: name, partitions: owned })
  })
  await consumer.run({
    autoCommit: autoCommitMs !== null,
    ...(autoCommitMs === null ? {} : { autoCommitInterval: autoCommitMs }),
    eachMessage: async ({ topic, partition, message }) => {
      if (only !== undefined && partition !== only) return
      const { key, value, headers = {}, offset, timestamp } = message
      const record = {
        topic,
        partition,
        offset: Number(offset),
        timestamp: Number(timestamp),
        key: base64(key),
        value: base64(value),
        headers: Object.entries(headers).flatMap(([name, value]) =>
          [value].flat().map(value => [name, base64(value)] as const),
        ),
      }
      next.set(`${topic}-${partition}`, { topic, partition, offset: String(record.offset + 1) })
      tell({ event: 'records', consumer: name, records: [record] })
    },
  })
}

await serve(
  version,
  {
    createTopic: async ({ topic, partitions, configs = {} }) => {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
      const topics = [{ topic, numPartitions: partitions, configEntries }]
      // The one error that kafkajs keeps to itself.
      if (!(await admin.createTopics({ topics }))) throw Object.assign(new Error('exists'), { code: 36 })
      return {}
    },
    describeTopic: async ({ topic }) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return { partitions: topics[0]?.partitions.length ?? 0 }
    },
    listTopics: async () => ({ topics: await admin.listTopics() }),
    growTopic: async ({ topic, partitions }) => {
      await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] })
      return {}
    },
    deleteTopic: async ({ topic }) => {
      await admin.deleteTopics({ topics: [topic] })
      return {}
    },
    watermarks: async ({ topic, partition }) => {
      const found = (await admin.fetchTopicOffsets(topic)).find(seen => seen.partition === partition)
      return { low: Number(found?.low), high: Number(found?.high) }
    },
    offsetAt: async ({ topic, partition, timestamp }) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timestamp)
      return { offset: Number(offsets.find(seen => seen.partition === partition)?.offset) }
    },
    committed: async ({ group, topic, partition }) => {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      return { offset: Number(found?.partitions.find(seen => seen.partition === partition)?.offset ?? -1) }
    },
    produce: async ({ topic, records, codec = 'none', acks = -1, idempotent = false }) => {
      const compression = compressions[codec]
      if (compression === undefined) throw new Cannot(`no ${codec}`)
      const producer = await producerOf(idempotent)
      const results = await producer.send({ topic, acks, compression, messages: records.map(message) })
      const next = new Map(results.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]))
      const offsets = records.map(({ partition }) => {
        const offset = partition === undefined ? undefined : next.get(partition)
        if (partition !== undefined && offset !== undefined) next.set(partition, offset + 1)
        return offset ?? null
      })
      return { offsets }
    },
    assign: async ({ consumer: name, topic, partition, offset }) => {
      // kafkajs reads only in groups: a group for itself, wound to the offset.
      const consumer = kafka.consumer({ groupId: `assign-${name}-${topic}`, maxWaitTimeInMs: 200 })
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await read(name, consumer, null, partition)
      consumer.seek({ topic, partition, offset: String(offset) })
      return {}
    },
    subscribe: async ({ consumer: name, group, topics = [], pattern, ...options }) => {
      if (options.assignor === 'cooperative-sticky') throw new Cannot('no cooperative rebalance')
      if (options.instanceId !== undefined) throw new Cannot('no static membership')
      if (pattern !== undefined && options.follows) throw new Cannot('a pattern is resolved once')
      const { sessionTimeoutMs: sessionTimeout = 30_000, autoCommitMs } = options
      const consumer = kafka.consumer({
        groupId: group,
        sessionTimeout,
        heartbeatInterval: 500,
        maxWaitTimeInMs: 200,
        metadataMaxAge: 1_000,
      })
      await consumer.connect()
      await consumer.subscribe({
        topics: pattern === undefined ? [...topics] : [new RegExp(pattern)],
        fromBeginning: true,
      })
      await read(name, consumer, autoCommitMs)
      return {}
    },
    commit: async ({ consumer: name }) => {
      const { consumer, next } = reading(name)
      await consumer.commitOffsets([...next.values()])
      return {}
    },
    close: async ({ consumer: name }) => {
      await reading(name).consumer.disconnect()
      consumers.delete(name)
      return {}
    },
  },
  () =>
    Promise.all([
      admin.disconnect(),
      ...[...producers.values()].map(producer => producer.disconnect()),
      ...[...consumers.values()].map(({ consumer }) => consumer.disconnect()),
    ]),
)
