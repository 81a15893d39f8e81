/** Runs @platformatic/kafka as a driver of the matrix. */
import { readFileSync } from 'node:fs'
import {
  Admin,
  allowedCompressionsAlgorithms,
  Consumer,
  compressionsAlgorithms,
  type GroupAssignment,
  type Message,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  type MessageToProduce,
  Producer,
} from '@platformatic/kafka'
import type { Partitions, Produce, SentRecord, Subscribe } from '../matrix/steps.js'
import { Cannot, type Served, serve, tell } from '../support/serve.js'

const bootstrapBrokers = [process.argv[2] as string]
const common = { bootstrapBrokers, metadataMaxAge: 1_000, retryDelay: 100, retries: 50 }
const entry = import.meta.resolve('@platformatic/kafka')
const { version } = JSON.parse(readFileSync(new URL('../package.json', entry), 'utf8'))
const admin = new Admin({ clientId: 'admin', ...common, retries: 0 })
const producers = new Map<string, Producer>()

const bytes = (base64: string | null) => (base64 === null ? undefined : Buffer.from(base64, 'base64'))
const base64 = (bytes: Buffer | undefined) => bytes?.toString('base64') ?? null

function producerOf(idempotent: boolean): Producer {
  const known = producers.get(String(idempotent))
  if (known) return known
  const producer = new Producer({ clientId: 'producer', ...common, idempotent })
  producers.set(String(idempotent), producer)
  return producer
}

function message(topic: string, record: SentRecord): MessageToProduce {
  const { key, value, headers = [], partition, timestamp } = record
  if (new Set(headers.map(([name]) => name)).size < headers.length) throw new Cannot('one value a header')
  return {
    topic,
    ...(key === null ? {} : { key: bytes(key) as Buffer }),
    ...(value === null ? {} : { value: bytes(value) as Buffer }),
    headers: new Map(headers.map(([name, value]) => [Buffer.from(name), bytes(value) as Buffer])),
    ...(partition === undefined ? {} : { partition }),
    ...(timestamp === undefined ? {} : { timestamp: BigInt(timestamp) }),
  }
}

async function produce({ topic, records, codec = 'none', acks = -1, idempotent = false }: Produce) {
  const compression = allowedCompressionsAlgorithms.find(name => name === codec)
  if (compression === undefined || compressionsAlgorithms[compression].available === false)
    throw new Cannot(`no ${codec} in this version of Node`)
  const messages = records.map(record => message(topic, record))
  const sent = await producerOf(idempotent).send({
    messages,
    acks,
    compression,
    idempotent,
    autocreateTopics: true,
  })
  const next = new Map(sent.offsets?.map(({ partition, offset }) => [partition, Number(offset)]))
  const offsets = records.map(({ partition }) => {
    const offset = partition === undefined ? undefined : next.get(partition)
    if (partition !== undefined && offset !== undefined) next.set(partition, offset + 1)
    return offset ?? null
  })
  return { offsets }
}

interface Reading {
  readonly consumer: Consumer
  stream?: Awaited<ReturnType<Consumer['consume']>>
  /** The last record that was reported, by topic and partition. */
  readonly last: Map<string, Message>
}
const consumers = new Map<string, Reading>()
const reading = (name: string): Reading => consumers.get(name) as Reading

const pairs = (assignments: readonly GroupAssignment[]): Partitions =>
  assignments.flatMap(({ topic, partitions }) => partitions.map(partition => [topic, partition] as const))

type ConsumeOptions = Parameters<Consumer['consume']>[0]

async function read(name: string, consumer: Consumer, options: ConsumeOptions): Promise<object> {
  consumers.set(name, { consumer, last: new Map() })
  let owned: Partitions = []
  const revoke = () => tell({ event: 'revoked', consumer: name, partitions: owned })
  consumer.on('consumer:group:rebalance', revoke)
  consumer.on('consumer:group:join', ({ assignments = [] }) => {
    revoke()
    owned = pairs(assignments)
    tell({ event: 'assigned', consumer: name, partitions: owned })
  })
  await stream(name, { maxWaitTime: 100, ...options })
  return {}
}

async function stream(name: string, options: ConsumeOptions): Promise<void> {
  const made = reading(name)
  made.stream = await made.consumer.consume(options)
  made.stream.on('data', message => record(name, message))
  // A stream ends with its first error, also when a topic was made anew; who wants more opens another one.
  made.stream.on('error', async ({ message }) => {
    tell({ event: 'error', consumer: name, code: null, message })
    if (consumers.has(name)) await stream(name, options)
  })
}

function record(name: string, message: Message): void {
  const { topic, partition, offset, timestamp, key, value, headers } = message
  reading(name).last.set(`${topic}-${partition}`, message)
  const record = {
    ...{ topic, partition, offset: Number(offset), timestamp: Number(timestamp) },
    key: base64(key),
    value: base64(value),
    headers: [...headers].map(([name, value]) => [name.toString(), base64(value)] as const),
  }
  tell({ event: 'records', consumer: name, records: [record] })
}

async function close(name: string): Promise<object> {
  const { consumer, stream } = reading(name)
  consumers.delete(name)
  await stream?.close()
  await consumer.close()
  return {}
}

async function subscribe({ consumer: name, group, topics, pattern, ...options }: Subscribe) {
  if (pattern !== undefined) throw new Cannot('no patterns')
  if (options.follows) throw new Cannot('partitions that come later are not noticed')
  if (options.assignor === 'cooperative-sticky') throw new Cannot('no cooperative rebalance')
  const { instanceId, sessionTimeoutMs = 30_000, autoCommitMs } = options
  const consumer = new Consumer({
    clientId: name,
    groupId: group,
    ...common,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: 500,
    ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
  })
  return read(name, consumer, {
    topics: [...(topics as readonly string[])],
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode: MessagesStreamFallbackModes.EARLIEST,
    autocommit: autoCommitMs ?? false,
  })
}

async function offsetOf(topic: string, partition: number, timestamp: number): Promise<number> {
  const partitions = [{ partitionIndex: partition, timestamp: BigInt(timestamp) }]
  const [found] = await admin.listOffsets({ topics: [{ name: topic, partitions }] })
  return Number(found?.partitions[0]?.offset)
}

/** The error that has Kafka's code, wherever it lies beneath the one that was thrown. */
function kafkaError(error: unknown): (Error & { code: number }) | null {
  const { apiCode, cause, errors = [], message } = error as Error & { apiCode?: number; errors?: unknown[] }
  if (typeof apiCode === 'number') return Object.assign(new Error(message), { code: apiCode })
  for (const below of [...errors, ...(cause ? [cause] : [])]) {
    const found = kafkaError(below)
    if (found) return found
  }
  return null
}

const steps: Served = {
  createTopic: async ({ topic, partitions, configs = {} }) => {
    const settings = Object.entries(configs).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: settings })
    return {}
  },
  describeTopic: async ({ topic }) => {
    const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true })
    return { partitions: topics.get(topic)?.partitionsCount ?? 0 }
  },
  listTopics: async () => ({ topics: await admin.listTopics() }),
  growTopic: async ({ topic, partitions }) => {
    await admin.createPartitions({ topics: [{ name: topic, count: partitions }] })
    return {}
  },
  deleteTopic: async ({ topic }) => {
    await admin.deleteTopics({ topics: [topic] })
    return {}
  },
  watermarks: async ({ topic, partition }) => ({
    low: await offsetOf(topic, partition, -2),
    high: await offsetOf(topic, partition, -1),
  }),
  offsetAt: async ({ topic, partition, timestamp }) => ({
    offset: await offsetOf(topic, partition, timestamp),
  }),
  committed: async ({ group, topic, partition }) => {
    const topics = [{ name: topic, partitionIndexes: [partition] }]
    const [found] = await admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics }] })
    return { offset: Number(found?.topics[0]?.partitions[0]?.committedOffset) }
  },
  produce,
  assign: async ({ consumer: name, topic, partition, offset }) => {
    // It reads only in groups: a group for itself, whose reading begins at the offset.
    const consumer = new Consumer({ clientId: name, groupId: `assign-${name}-${topic}`, ...common })
    const offsets = [{ topic, partition, offset: BigInt(offset) }]
    return read(name, consumer, { topics: [topic], mode: MessagesStreamModes.MANUAL, offsets })
  },
  subscribe,
  commit: async ({ consumer }) => {
    for (const message of reading(consumer).last.values()) await message.commit()
    return {}
  },
  close: ({ consumer }) => close(consumer),
}

const named = Object.entries(steps).map(([name, act]) => [
  name,
  async (ask: never) => {
    try {
      return await act(ask)
    } catch (error) {
      throw kafkaError(error) ?? error
    }
  },
])

await serve(version, Object.fromEntries(named), () =>
  Promise.all([
    admin.close(),
    ...[...producers.values()].map(producer => producer.close()),
    // A static member that closes leaves its group for good; one that is restarted does not close.
    ...[...consumers].filter(([, { consumer }]) => !consumer.groupInstanceId).map(([name]) => close(name)),
  ]),
)
