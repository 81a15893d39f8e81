import { buildBatch } from '../../src/records/record-batch.js'
import { addOffsetsToTxn } from '../../src/wire/apis/add-offsets-to-txn.js'
import { addPartitionsToTxn } from '../../src/wire/apis/add-partitions-to-txn.js'
import { endTxn } from '../../src/wire/apis/end-txn.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { produce } from '../../src/wire/apis/produce.js'
import { txnOffsetCommit } from '../../src/wire/apis/txn-offset-commit.js'
import { errorName } from '../groups/coordinator-world.js'
import { record } from '../support/log-world.js'
import type { ServedBroker } from '../support/served-broker.js'

/** The versions of requests of a client that knows this version of transactions (KIP-890). */
const versionsOf = {
  1: { produce: 11, offsets: 4, end: 4 },
  2: { produce: 12, offsets: 5, end: 5 },
} as const

/**
 * A producer with a transactional id that sends the requests of a test and returns the answers. It takes over the id and
 * epoch that the broker gives it, and counts its sequences.
 */
export class TransactionalProducer {
  producerId = -1n
  producerEpoch = -1
  readonly #sequences = new Map<string, number>()

  constructor(
    private readonly served: ServedBroker,
    readonly transactionalId: string,
    readonly transactionVersion: 1 | 2 = 2,
  ) {}

  /** Begins, or begins anew with its own producer id and epoch (KIP-360). */
  async init({ timeoutMs = 60_000, version = 5, asItself = false } = {}): Promise<string> {
    const { producerId, producerEpoch } = this
    const self = asItself ? { producerId, producerEpoch } : {}
    const answer = await this.served.ask(initProducerId, version, {
      transactionalId: this.transactionalId,
      transactionTimeoutMs: timeoutMs,
      ...self,
    })
    return this.#become(answer)
  }

  async add(topic: string, partitions: readonly number[] = [0], version = 3): Promise<string[]> {
    const { resultsByTopicV3AndBelow } = await this.served.ask(addPartitionsToTxn, version, {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [...partitions] }],
    })
    return resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => errorName(partitionErrorCode)),
    )
  }

  async write(topic: string, value: string, { index = 0, version = this.#versions.produce as number } = {}) {
    const { producerId, producerEpoch, transactionalId } = this
    const place = `${topic}-${index}`
    const baseSequence = this.#sequences.get(place) ?? 0
    const records = await buildBatch({
      records: [record(value, Date.now())],
      ...{ producerId, producerEpoch, baseSequence, transactional: true },
    })
    const named = version >= 13 ? { topicId: await this.served.topicId(topic) } : { name: topic }
    const { responses } = await this.served.ask(produce, version, {
      transactionalId,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ ...named, partitionData: [{ index, records }] }],
    })
    const error = errorName(responses[0]?.partitionResponses[0]?.errorCode ?? 0)
    if (error === 'NONE') this.#sequences.set(place, baseSequence + 1)
    return error
  }

  async addOffsets(groupId: string, version = 4): Promise<string> {
    const { transactionalId, producerId, producerEpoch } = this
    const request = { transactionalId, producerId, producerEpoch, groupId }
    return errorName((await this.served.ask(addOffsetsToTxn, version, request)).errorCode)
  }

  /** Commits the offset of a group in partition 0 of a topic, within the transaction. */
  async commitOffset(
    groupId: string,
    topic: string,
    committedOffset: bigint,
    { version = this.#versions.offsets as number, generationIdOrMemberEpoch = -1, memberId = '' } = {},
  ): Promise<string> {
    const { transactionalId, producerId, producerEpoch } = this
    const member = version >= 3 ? { generationIdOrMemberEpoch, memberId } : {}
    const named = version >= 6 ? { topicId: await this.served.topicId(topic) } : { name: topic }
    const { topics } = await this.served.ask(txnOffsetCommit, version, {
      ...{ transactionalId, producerId, producerEpoch, groupId, ...member },
      topics: [{ ...named, partitions: [{ partitionIndex: 0, committedOffset }] }],
    })
    return errorName(topics[0]?.partitions[0]?.errorCode ?? 0)
  }

  commit = (version: number = this.#versions.end): Promise<string> => this.#end(true, version)
  abort = (version: number = this.#versions.end): Promise<string> => this.#end(false, version)

  async #end(committed: boolean, version: number): Promise<string> {
    const { transactionalId, producerId, producerEpoch } = this
    const request = { transactionalId, producerId, producerEpoch, committed }
    const answer = await this.served.ask(endTxn, version, request)
    return version >= 5 ? this.#become(answer) : errorName(answer.errorCode)
  }

  #become(answer: { errorCode: number; producerId: bigint; producerEpoch: number }): string {
    const { producerId, producerEpoch } = answer
    if (answer.errorCode !== 0) return errorName(answer.errorCode)
    const isAnother = producerId !== this.producerId || producerEpoch !== this.producerEpoch
    if (isAnother) this.#sequences.clear()
    Object.assign(this, { producerId, producerEpoch })
    return 'NONE'
  }

  get #versions() {
    return versionsOf[this.transactionVersion]
  }
}
