import { readMarkerBatch } from '../../src/records/end-transaction-marker.js'
import type { Record } from '../../src/records/record.js'
import {
  decodeRecords,
  isControl,
  isTransactional,
  lastOffset,
  producerId,
  splitBatches,
} from '../../src/records/record-batch.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { listOffsets } from '../../src/wire/apis/list-offsets.js'
import { produce } from '../../src/wire/apis/produce.js'
import { errorNameOf } from '../../test/support/error-name.js'
import { RawClient } from '../../test/support/raw-client.js'

/** The errors that pass by themselves: the broker has only just started, or a transaction is being completed. */
const passing: ReadonlySet<string> = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'CONCURRENT_TRANSACTIONS',
  'UNSTABLE_OFFSET_COMMIT',
])
const retryAfterMs = 5
const readBytes = 8 << 20

/** A connection from one start of the broker to the kill that ends it: every request then fails. */
export class Session {
  private constructor(private readonly client: RawClient) {}

  static async open(port: number): Promise<Session> {
    return new Session(await RawClient.connect(port))
  }

  readonly ask: RawClient['ask'] = (api, version, request) => this.client.ask(api, version, request)

  get over(): boolean {
    return this.client.closed
  }

  close(): void {
    this.client.destroy()
  }

  /** Asks until the answer is no longer an error that passes by itself. */
  async patiently<Answer>(ask: () => Promise<Answer>, codeOf: (answer: Answer) => number): Promise<Answer> {
    for (;;) {
      const answer = await ask()
      const error = errorNameOf(codeOf(answer))
      if (error === 'NONE') return answer
      if (!passing.has(error)) throw new Error(`the broker answered ${error}`)
      await new Promise(resolve => setTimeout(resolve, retryAfterMs))
    }
  }

  async create(
    name: string,
    numPartitions: number,
    configs: { readonly [name: string]: string } = {},
  ): Promise<string> {
    const topic = {
      name,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    const ask = () => this.ask(createTopics, 7, { topics: [topic], timeoutMs: 10_000 })
    const { topics } = await this.patiently(ask, answer => answer.topics[0]?.errorCode ?? -1)
    return topics[0]?.topicId as string
  }

  /** Appends a batch; gives the offset of its first record once it is acknowledged. */
  async append(
    topic: string,
    index: number,
    records: Buffer,
    transactionalId: string | null = null,
  ): Promise<bigint> {
    const topicData = [{ name: topic, partitionData: [{ index, records }] }]
    const ask = () => this.ask(produce, 12, { transactionalId, acks: -1, timeoutMs: 10_000, topicData })
    const partitionOf = (answer: Awaited<ReturnType<typeof ask>>) =>
      answer.responses[0]?.partitionResponses[0]
    const answer = await this.patiently(ask, answer => partitionOf(answer)?.errorCode ?? -1)
    return partitionOf(answer)?.baseOffset as bigint
  }

  /** The offset at which a partition begins. */
  async start(topic: string, partition: number): Promise<bigint> {
    return this.#bound(topic, partition, -2n)
  }

  /** All data records from an offset on, in their order; of aborted transactions only without isolation. */
  async read(topic: string, partition: number, from: bigint, committedOnly = false): Promise<Record[]> {
    const found: Record[] = []
    for (let fetchOffset = from; ; ) {
      const { records, abortedTransactions } = await this.#fetch(topic, partition, fetchOffset, committedOnly)
      const batches = splitBatches(records ?? Buffer.alloc(0))
      if (batches.length === 0) return found
      const visible = committedOnly ? withoutAborted(batches, abortedTransactions ?? []) : batches
      for (const batch of visible) {
        if (!isControl(batch))
          found.push(...(await decodeRecords(batch)).filter(({ offset }) => offset >= from))
      }
      fetchOffset = lastOffset(batches.at(-1) as Buffer) + 1n
    }
  }

  async #fetch(topic: string, partition: number, fetchOffset: bigint, committedOnly: boolean) {
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: readBytes }]
    const { responses } = await this.ask(fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: readBytes,
      isolationLevel: committedOnly ? 1 : 0,
      topics: [{ topic, partitions }],
    })
    const answer = responses[0]?.partitions[0]
    if (answer?.errorCode !== 0)
      throw new Error(`${topic}-${partition} at ${fetchOffset}: ${errorNameOf(answer?.errorCode ?? -1)}`)
    return answer
  }

  async #bound(topic: string, partitionIndex: number, timestamp: bigint): Promise<bigint> {
    const topics = [{ name: topic, partitions: [{ partitionIndex, timestamp }] }]
    const ask = () => this.ask(listOffsets, 7, { replicaId: -1, topics })
    const answer = await this.patiently(ask, answer => answer.topics[0]?.partitions[0]?.errorCode ?? -1)
    return answer.topics[0]?.partitions[0]?.offset as bigint
  }
}

interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

/**
 * Leaves out aborted batches as consumers do: those of a producer from the beginning of an aborted transaction to its
 * marker.
 */
function withoutAborted(batches: readonly Buffer[], aborted: readonly AbortedTransaction[]): Buffer[] {
  const begins = [...aborted].sort((a, b) => Number(a.firstOffset - b.firstOffset))
  const aborting = new Set<bigint>()
  return batches.filter(batch => {
    while (begins[0] && begins[0].firstOffset <= lastOffset(batch)) {
      aborting.add((begins.shift() as AbortedTransaction).producerId)
    }
    if (readMarkerBatch(batch)?.committed === false) aborting.delete(producerId(batch))
    return !(isTransactional(batch) && aborting.has(producerId(batch)))
  })
}
