import { addOffsetsToTxn } from '../../src/wire/apis/add-offsets-to-txn.js'
import { addPartitionsToTxn } from '../../src/wire/apis/add-partitions-to-txn.js'
import { describeTransactions } from '../../src/wire/apis/describe-transactions.js'
import { endTxn } from '../../src/wire/apis/end-txn.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { produce } from '../../src/wire/apis/produce.js'
import { txnOffsetCommit } from '../../src/wire/apis/txn-offset-commit.js'
import { errorCodes } from '../../src/wire/errors.js'
import { batchOf } from './batches.js'
import { to } from './partition-requests.js'
import type { MadeTopic, Stage } from './stage.js'

interface Identity {
  readonly transactionalId?: string
  readonly producerId?: bigint
  readonly epoch?: number
}

interface Init extends Identity {
  readonly version?: number
  readonly timeoutMs?: number
}

interface Write extends Identity {
  readonly version?: number
  readonly partition?: number
  readonly sequence?: number
  readonly transactional?: boolean
}

interface Offsets extends Identity {
  readonly version?: number
  readonly partition?: number
  readonly offset?: bigint
  readonly generation?: number
  readonly memberId?: string
  readonly groupInstanceId?: string | null
  readonly metadata?: string | null
  readonly leaderEpoch?: number
}

/** The versions of requests with which a client of transaction version 1 speaks, and of version 2 (KIP-890). */
export const speech = {
  1: { init: 5, write: 11, offsets: 4, end: 4 },
  2: { init: 5, write: 12, offsets: 5, end: 5 },
} as const

/** Kafka asks its coordinator for several producers at once, and then answers all as it would one of them. */
export const verifiedAlone = { alone: true } as const

/** A producer with a transactional id that says what the scenario wants it to say. */
export class Producer {
  producerId = -1n
  epoch = -1
  readonly transactionalId: string
  readonly #sequences = new Map<string, number>()

  constructor(
    private readonly at: Stage,
    { transactionalId = at.name() } = {},
    private readonly speaks: (typeof speech)[1 | 2] = speech[2],
  ) {
    this.transactionalId = transactionalId
  }

  /**
   * A producer that has its id and epoch; the id is no part of the comparison, but is known by its place among others.
   */
  static async started(at: Stage, version: 1 | 2 = 2, timeoutMs = 60_000): Promise<Producer> {
    const producer = new Producer(at, {}, speech[version])
    const { transactionalId } = producer
    producer.#learn(
      await at.quietlyUntil(isSettled, initProducerId, 4, {
        transactionalId,
        transactionTimeoutMs: timeoutMs,
      }),
    )
    at.note('InitProducerId', { producerId: producer.producerId })
    return producer
  }

  /** Asks for an id, and goes on with the one in the answer. */
  async init({
    version = this.speaks.init,
    timeoutMs = 60_000,
    transactionalId = this.transactionalId,
    ...own
  }: Init = {}) {
    const answer = await this.at.ask(initProducerId, version, {
      transactionalId,
      transactionTimeoutMs: timeoutMs,
      ...(own.producerId === undefined ? {} : { producerId: own.producerId }),
      ...(own.epoch === undefined ? {} : { producerEpoch: own.epoch }),
    })
    this.#learn(answer)
    return answer
  }

  /** Takes the transactional id from the producer that has it; only the last answer is kept. */
  async initAgain(): Promise<void> {
    const { transactionalId } = this
    this.#learn(
      await this.at.until(isSettled, initProducerId, this.speaks.init, {
        transactionalId,
        transactionTimeoutMs: 60_000,
      }),
    )
  }

  /** Adds partitions to the transaction, as clients of transaction version 1 do before they write. */
  add(
    topics: readonly MadeTopic[],
    {
      version = 3,
      partitions = [0],
      ...identity
    }: Identity & { version?: number; partitions?: number[] } = {},
  ) {
    return this.at.ask(
      addPartitionsToTxn,
      version,
      this.addition(topics, { version, partitions, ...identity }),
    )
  }

  addition(
    topics: readonly MadeTopic[],
    {
      version = 3,
      partitions = [0],
      verifyOnly = false,
      ...identity
    }: Identity & { version?: number; partitions?: number[]; verifyOnly?: boolean } = {},
  ) {
    const { transactionalId, producerId, producerEpoch } = this.#identity(identity)
    const named = topics.map(({ name }) => ({ name, partitions }))
    if (version < 4) {
      return {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: named,
      }
    }
    return { transactions: [{ transactionalId, producerId, producerEpoch, verifyOnly, topics: named }] }
  }

  /** Appends a batch of these values, with the sequence that is due. */
  write(topic: MadeTopic, values: readonly string[], how: Write = {}) {
    const { version = this.speaks.write } = how
    return this.at.ask(produce, version, this.writing(topic, values, how))
  }

  writing(topic: MadeTopic, values: readonly string[], how: Write = {}) {
    const { partition = 0, transactional = true, ...identity } = how
    const { transactionalId, producerId, producerEpoch } = this.#identity(identity)
    const place = `${topic.name}/${partition}`
    const baseSequence = how.sequence ?? this.#sequences.get(place) ?? 0
    if (how.sequence === undefined) this.#sequences.set(place, baseSequence + values.length)
    const batch = batchOf(values, { producerId, producerEpoch, baseSequence, transactional })
    return to(topic, batch, { partition, transactionalId })
  }

  /** Ends the transaction, and goes on with the epoch in the answer. */
  async end(
    committed: boolean,
    { version = this.speaks.end, ...identity }: Identity & { version?: number } = {},
  ) {
    const answer = await this.at.ask(endTxn, version, { ...this.#identity(identity), committed })
    if (answer.errorCode !== errorCodes.NONE || version < 5) return answer
    this.#learn(answer)
    return answer
  }

  /** Resolves when the outcome is written everywhere. */
  async finished(): Promise<void> {
    await this.at.quietlyUntil(
      ({ transactionStates: [state] }) => !/^(Ongoing|Prepare)/.test(state?.transactionState ?? ''),
      describeTransactions,
      0,
      { transactionalIds: [this.transactionalId] },
    )
  }

  /** Ends the transaction, and waits until its outcome is written everywhere. */
  async finish(committed: boolean, how: Identity & { version?: number } = {}): Promise<void> {
    await this.end(committed, how)
    await this.finished()
  }

  addGroup(groupId: string, { version = 3, ...identity }: Identity & { version?: number } = {}) {
    return this.at.ask(addOffsetsToTxn, version, { ...this.#identity(identity), groupId })
  }

  commitOffset(groupId: string, topic: MadeTopic, how: Offsets = {}) {
    const { version = this.speaks.offsets } = how
    return this.at.ask(txnOffsetCommit, version, this.committing(groupId, topic, how))
  }

  committing(groupId: string, { name, id }: MadeTopic, how: Offsets = {}) {
    const { version = this.speaks.offsets, generation = -1, memberId = '', groupInstanceId = null } = how
    return {
      ...this.#identity(how),
      groupId,
      ...(version >= 3 ? { generationIdOrMemberEpoch: generation, memberId, groupInstanceId } : {}),
      topics: [
        {
          name,
          topicId: id,
          partitions: [
            {
              partitionIndex: how.partition ?? 0,
              committedOffset: how.offset ?? 5n,
              committedLeaderEpoch: how.leaderEpoch ?? -1,
              committedMetadata: how.metadata === undefined ? 'a note' : how.metadata,
            },
          ],
        },
      ],
    }
  }

  /** Asks the coordinator for its state of the transactional id. */
  described() {
    return this.at.ask(describeTransactions, 0, { transactionalIds: [this.transactionalId] })
  }

  #identity({
    transactionalId = this.transactionalId,
    producerId = this.producerId,
    epoch = this.epoch,
  }: Identity) {
    return { transactionalId, producerId, producerEpoch: epoch }
  }

  #learn({ errorCode, producerId, producerEpoch }: Learned): void {
    if (errorCode !== errorCodes.NONE) return
    if (producerId !== this.producerId || producerEpoch !== this.epoch) this.#sequences.clear()
    this.producerId = producerId
    this.epoch = producerEpoch
  }
}

interface Learned {
  readonly errorCode: number
  readonly producerId: bigint
  readonly producerEpoch: number
}

const isSettled = ({ errorCode }: { readonly errorCode: number }): boolean =>
  errorCode !== errorCodes.CONCURRENT_TRANSACTIONS
