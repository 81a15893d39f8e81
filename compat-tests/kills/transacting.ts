import assert from 'node:assert/strict'
import { buildBatch } from '../../src/records/record-batch.js'
import { addPartitionsToTxn } from '../../src/wire/apis/add-partitions-to-txn.js'
import { endTxn } from '../../src/wire/apis/end-txn.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import type { Session } from './session.js'
import { bytesOf, type Random, text, type Work } from './work.js'

const topic = 'transactional'
const partitions = 3
const transactionalId = 'writer'

type Outcome = 'committed' | 'aborted' | 'unknown'

/** Writes the same value to several partitions within a transaction: committed readers see all of it or nothing. */
export class Transacting implements Work {
  readonly name = 'transactions'
  readonly #outcomes = new Map<string, Outcome>()
  #producer: { readonly id: bigint; readonly epoch: number; readonly sequences: number[] } | null = null
  #lastEpoch = -1
  #count = 0

  constructor(private readonly random: Random) {}

  get summary(): string {
    const all = [...this.#outcomes.values()]
    const told = (outcome: Outcome) => `${all.filter(each => each === outcome).length} ${outcome}`
    return [told('committed'), told('aborted'), told('unknown')].join(', ')
  }

  async prepare(session: Session): Promise<void> {
    await session.create(topic, partitions)
    await this.#initialize(session)
  }

  async step(session: Session): Promise<void> {
    const { id, epoch, sequences } = this.#producer ?? (await this.#initialize(session))
    const value = String(this.#count++)
    this.#outcomes.set(value, 'aborted') // until it is asked to be committed
    this.#producer = null // should the broker be gone, its sequences are nobody's
    await this.#add(session, id, epoch)
    for (let index = 0; index < partitions; index++) {
      const records = [{ timestampMs: BigInt(Date.now()), key: null, value: bytesOf(value) }]
      const baseSequence = sequences[index] as number
      const draft = { records, producerId: id, producerEpoch: epoch, baseSequence, transactional: true }
      await session.append(topic, index, await buildBatch(draft), transactionalId)
      sequences[index] = baseSequence + 1
    }
    await this.#end(session, value, id, epoch)
    this.#producer = { id, epoch, sequences }
  }

  /** Fences off the writer before, and ends the transaction that it left open. */
  async #initialize(session: Session) {
    const ask = () =>
      session.ask(initProducerId, 4, { transactionalId, transactionTimeoutMs: 60_000, producerEpoch: -1 })
    const { producerId: id, producerEpoch: epoch } = await session.patiently(
      ask,
      ({ errorCode }) => errorCode,
    )
    assert.ok(epoch > this.#lastEpoch, `the epoch fell from ${this.#lastEpoch} to ${epoch}`)
    this.#lastEpoch = epoch
    this.#producer = { id, epoch, sequences: Array.from({ length: partitions }, () => 0) }
    return this.#producer
  }

  async #add(session: Session, id: bigint, epoch: number): Promise<void> {
    const request = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: id,
      v3AndBelowProducerEpoch: epoch,
      v3AndBelowTopics: [{ name: topic, partitions: Array.from({ length: partitions }, (_, i) => i) }],
    }
    const ask = () => session.ask(addPartitionsToTxn, 3, request)
    await session.patiently(
      ask,
      ({ resultsByTopicV3AndBelow: [first] }) => first?.resultsByPartition[0]?.partitionErrorCode ?? -1,
    )
  }

  async #end(session: Session, value: string, producerId: bigint, producerEpoch: number): Promise<void> {
    const committed = this.random() < 0.7
    if (committed) this.#outcomes.set(value, 'unknown')
    const ask = () => session.ask(endTxn, 4, { transactionalId, producerId, producerEpoch, committed })
    await session.patiently(ask, ({ errorCode }) => errorCode)
    this.#outcomes.set(value, committed ? 'committed' : 'aborted')
  }

  async check(session: Session): Promise<void> {
    await this.#initialize(session)
    const found: string[][] = []
    for (let partition = 0; partition < partitions; partition++) {
      found.push((await session.read(topic, partition, 0n, true)).map(({ value }) => text(value)))
    }
    const [first = [], ...others] = found
    for (const other of others) assert.deepEqual(other, first, 'a transaction is there in part')
    for (const [value, outcome] of this.#outcomes) {
      const seen = first.filter(each => each === value).length
      if (outcome === 'committed') assert.equal(seen, 1, `committed ${value} is seen ${seen} times`)
      else if (outcome === 'aborted') assert.equal(seen, 0, `aborted ${value} is seen`)
      else this.#outcomes.set(value, seen === 1 ? 'committed' : 'aborted') // and so for ever
    }
  }
}
