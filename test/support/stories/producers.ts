import assert from 'node:assert/strict'
import type { AppendResult } from '../../../src/engine/log-engine.js'
import type { StoryBroker } from './broker.js'
import type { StoryPartition } from './partition.js'
import { bytesOf, type Sent, type Transaction } from './sent.js'

/** The surroundings that all producers of a story share. */
export interface Sending {
  readonly broker: StoryBroker
  readonly nowMs: number
  /** Numbers that no other record has. */
  numbers(count: number): number
  newProducerId(): bigint
}

export interface Size {
  readonly count: number
  readonly size: number
}

/** Sends a batch and returns its outcome. */
export async function send(
  broker: StoryBroker,
  partition: StoryPartition,
  batch: Sent,
): Promise<AppendResult> {
  partition.history.send(batch)
  return broker.append(partition.target, partition.folder, bytesOf(batch))
}

/** A batch without a producer id is sent once, whatever comes of it. */
export async function write(
  sending: Sending,
  partition: StoryPartition,
  { count, size }: Size,
): Promise<void> {
  const { broker, nowMs: timestampMs } = sending
  const plain = { producerId: -1n, sequence: -1, transaction: null, isRefused: false }
  const batch: Sent = { ...plain, firstNumber: sending.numbers(count), count, size, timestampMs }
  const result = await send(broker, partition, batch)
  batch.isRefused = result.kind === 'rejected' || result.kind === 'unavailable'
  partition.check(broker, result, batch)
}

/**
 * The batches that a producer sends to one partition. While the outcome of one is unknown it is sent again, and those
 * that followed it, in their order, before new ones; so in the end exactly one copy of each is there.
 */
export class Sequence {
  #unresolved: { readonly batch: Sent; isPending: boolean }[] = []
  #last: Sent | null = null
  #next = 0

  constructor(
    readonly producerId: bigint,
    readonly partition: StoryPartition,
    /** The number of batches that may be under way. */
    private readonly most: number,
  ) {}

  get isResolved(): boolean {
    return this.#unresolved.length === 0
  }

  /** Sends what is unresolved again, or else something new. */
  async go(sending: Sending, size: Size, transaction: Transaction | null = null): Promise<void> {
    if (this.#unresolved.some(({ isPending }) => !isPending)) return this.retry(sending)
    if (this.#unresolved.length === this.most) return
    const { count } = size
    const [firstNumber, sequence, timestampMs] = [sending.numbers(count), this.#next, sending.nowMs]
    const { producerId } = this
    const batch = { ...size, firstNumber, sequence, timestampMs, producerId, transaction, isRefused: false }
    this.#next += count
    const entry = { batch, isPending: false }
    this.#unresolved.push(entry)
    await this.#send(sending, entry)
  }

  async retry(sending: Sending): Promise<void> {
    const again = this.#unresolved.filter(({ isPending }) => !isPending)
    await Promise.all(again.map(entry => this.#send(sending, entry)))
  }

  /** Sends again what was acknowledged last. */
  async repeat({ broker }: Sending): Promise<void> {
    const batch = this.#last
    if (!batch || !this.isResolved) return
    const result = await send(broker, this.partition, batch)
    assert.notEqual(
      result.kind,
      'appended',
      `${this.partition.folder}: ${batch.firstNumber} was appended again`,
    )
    this.partition.check(broker, result, batch)
  }

  async #send({ broker }: Sending, entry: { readonly batch: Sent; isPending: boolean }): Promise<void> {
    entry.isPending = true
    const result = await send(broker, this.partition, entry.batch)
    entry.isPending = false
    if (this.#comesTooEarly(result, entry.batch)) return
    this.partition.check(broker, result, entry.batch)
    if (result.kind !== 'appended' && result.kind !== 'duplicate') return
    this.#unresolved = this.#unresolved.filter(each => each !== entry)
    if (!this.#last || this.#last.sequence < entry.batch.sequence) this.#last = entry.batch
  }

  /** True where a batch that came before it is not there yet, or a power failure took that one. */
  #comesTooEarly(result: AppendResult, { sequence }: Sent): boolean {
    if (result.kind !== 'rejected' || result.error !== 'OUT_OF_ORDER_SEQUENCE_NUMBER') return false
    const comesBefore = this.#unresolved.some(({ batch }) => batch.sequence < sequence)
    assert.ok(
      comesBefore || this.partition.history.hasHoles,
      `${this.partition.folder}: ${sequence} is out of order`,
    )
    return true
  }
}
