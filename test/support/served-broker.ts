import { Broker } from '../../src/index.js'
import {
  type BatchDraft,
  buildBatch,
  decodeRecords,
  isControl,
  lastOffset,
  producerId,
  splitBatches,
} from '../../src/records/record-batch.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { produce } from '../../src/wire/apis/produce.js'
import { record } from './log-world.js'
import { RawClient } from './raw-client.js'

/** A broker in memory and a client that says exactly what a test wants. */
export class ServedBroker implements AsyncDisposable {
  private constructor(
    readonly broker: Broker,
    public client: RawClient,
  ) {}

  static async open(options: Parameters<typeof Broker.create>[0] = {}): Promise<ServedBroker> {
    const broker = await Broker.create({ keepAlive: true, ...options })
    return new ServedBroker(broker, await RawClient.connect(portOf(broker)))
  }

  get port(): number {
    return portOf(this.broker)
  }

  /** Connects again after the broker has closed the connection. */
  async reconnect(): Promise<void> {
    this.client.destroy()
    this.client = await RawClient.connect(this.port)
  }

  readonly ask: RawClient['ask'] = (api, version, request) => this.client.ask(api, version, request)

  async create(
    name: string,
    configs: Readonly<Record<string, string>> = {},
    { numPartitions = 1, replicationFactor = 1 } = {},
  ): Promise<void> {
    const { topics } = await this.ask(createTopics, 7, {
      topics: [
        {
          name,
          numPartitions,
          replicationFactor,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 1000,
    })
    if (topics[0]?.errorCode !== 0) throw new Error(`${name}: ${topics[0]?.errorMessage}`)
  }

  async topicId(name: string): Promise<string> {
    const { topics } = await this.ask(metadata, 12, { topics: [{ name, topicId: noId }] })
    return topics[0]?.topicId as string
  }

  /** Sends the bytes of one batch to one partition, and gives what is answered about it. */
  async produce(name: string, records: Buffer | null, { version = 9, acks = -1, index = 0 } = {}) {
    const topicId = version >= 13 ? { topicId: await this.topicId(name) } : { name }
    const { responses } = await this.ask(produce, version, {
      acks,
      timeoutMs: 1000,
      topicData: [{ ...topicId, partitionData: [{ index, records }] }],
    })
    const answer = responses[0]?.partitionResponses[0]
    if (!answer) throw new Error('nothing was answered about the partition')
    return answer
  }

  /** Appends a batch of these values. */
  async write(name: string, values: readonly string[], draft: Partial<BatchDraft> & { codec?: number } = {}) {
    const records = values.map(value => record(value, Date.now()))
    return this.produce(name, await buildBatch({ records, ...draft }))
  }

  async fetch(
    name: string,
    fetchOffset: bigint,
    { version = 12, partition = 0, maxBytes = 1 << 20, currentLeaderEpoch = -1, isolationLevel = 0 } = {},
  ) {
    const topic = version >= 13 ? { topicId: await this.topicId(name) } : { topic: name }
    const epoch = currentLeaderEpoch < 0 ? {} : { currentLeaderEpoch }
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: 1 << 20, ...epoch }]
    const { responses, errorCode } = await this.ask(fetch, version, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes,
      isolationLevel,
      topics: [{ ...topic, partitions }],
    })
    return { ...responses[0]?.partitions[0], topError: errorCode }
  }

  /** All values of a partition, without the markers of transactions. */
  async values(name: string, fetchOffset = 0n): Promise<string[]> {
    const { records } = await this.fetch(name, fetchOffset)
    const batches = splitBatches(records as Buffer).filter(batch => !isControl(batch))
    return (await Promise.all(batches.map(valuesOf))).flat()
  }

  /** The values of committed transactions, picked out of the answers as a consumer with read_committed does. */
  async committed(name: string, partition = 0): Promise<string[]> {
    const { records, abortedTransactions } = await this.fetch(name, 0n, { partition, isolationLevel: 1 })
    const waiting = [...(abortedTransactions ?? [])]
    const aborted = new Set<bigint>()
    const values: string[] = []
    for (const batch of splitBatches(records as Buffer)) {
      while (waiting[0] && waiting[0].firstOffset <= lastOffset(batch)) {
        aborted.add((waiting.shift() as (typeof waiting)[number]).producerId)
      }
      if (isControl(batch)) aborted.delete(producerId(batch))
      else if (!aborted.has(producerId(batch))) values.push(...(await valuesOf(batch)))
    }
    return values
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy()
    await this.broker.stop()
  }
}

const valuesOf = async (batch: Buffer): Promise<string[]> =>
  (await decodeRecords(batch)).map(({ value }) => String(value))

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

const portOf = (broker: Broker): number => Number(broker.brokers[0]?.split(':').at(-1))
