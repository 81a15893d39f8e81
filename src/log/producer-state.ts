import type {
  ActiveProducer,
  AppendBatch,
  Offset,
  ProducerOfBatch,
  TransactionGuard,
} from '../engine/log-engine.js'
import {
  checkEpoch,
  checkProducer,
  isOngoing,
  type KnownProducer,
  laterSequence,
  type RememberedBatch,
} from '../records/admission.js'
import { type EndTransactionMarker, readMarkerBatch } from '../records/end-transaction-marker.js'
import * as batch from '../records/record-batch.js'
import { TransactionGuards } from './transaction-guards.js'

/**
 * The number of batches that a producer may have in flight; each of them may come again (Kafka's ProducerStateEntry).
 */
const rememberedBatches = 5

export interface ProducerEntry extends KnownProducer {
  epoch: number
  batches: RememberedBatch[]
  lastTimestampMs: bigint
  /** The time at which it last wrote, by the broker's clock. */
  lastSeenMs: number
  coordinatorEpoch: number
  transactionStart: Offset | null
}

/** A transaction that has its marker now, in one partition. */
export interface CompletedTransaction {
  readonly producerId: bigint
  readonly firstOffset: Offset
  /** The offset of the marker. */
  readonly lastOffset: Offset
  readonly committed: boolean
}

/**
 * The last batches of the producers of one partition: enough to know a batch that comes again, to fence off an older
 * producer, and to tell which transactions are open (Kafka's ProducerStateManager). The rules of admission decide what
 * follows for a batch.
 */
export class ProducerState {
  readonly #producers = new Map<bigint, ProducerEntry>()
  /** The producers with an open transaction, in the order of their first offsets. */
  readonly #ongoing = new Map<bigint, ProducerEntry>()
  readonly #guards = new TransactionGuards()

  get entries(): Iterable<ProducerEntry> {
    return this.#producers.values()
  }

  /** The first offset of a transaction that is neither committed nor aborted yet; null where there is none. */
  get firstUnstable(): Offset | null {
    for (const { transactionStart } of this.#ongoing.values()) return transactionStart
    return null
  }

  /** Requests the guard of a transaction: null when it has begun. Throws for a producer of an epoch that is over. */
  guard(producer: ProducerOfBatch, nowMs: number): TransactionGuard | null {
    const { producerId, producerEpoch } = producer
    const entry = this.#producers.get(producerId)
    if (entry) checkEpoch(producerEpoch, entry)
    return isOngoing(entry, producerEpoch) ? null : this.#guards.request(producer, nowMs)
  }

  /** Returns the batch that this one repeats; null for one to append. Throws for one that may not be appended. */
  check(each: Pick<AppendBatch, 'bytes' | 'guard' | 'transactionVersion'>, verifies: () => boolean) {
    const producerId = batch.producerId(each.bytes)
    if (producerId < 0n) return null
    return checkProducer(each, this.#producers.get(producerId), this.#guards.of(producerId), verifies)
  }

  /** Notes a batch that is in the log. Returns the transaction that it ends, if there is one. */
  apply(bytes: Buffer, nowMs: number): CompletedTransaction | null {
    const producerId = batch.producerId(bytes)
    if (producerId < 0n) return null
    if (batch.isTransactional(bytes)) this.#guards.takeBack(producerId)
    const marker = readMarkerBatch(bytes)
    if (marker) return this.#end(marker, bytes, nowMs)
    if (!batch.isControl(bytes)) this.#note(bytes, nowMs)
    return null
  }

  /** Tells whether it is the batch that this producer wrote last or, where none is known, its marker. */
  isLast(bytes: Buffer): boolean {
    const entry = this.#producers.get(batch.producerId(bytes))
    if (!entry) return false
    const last = entry.batches.at(-1)
    if (last) return last.lastOffset === batch.lastOffset(bytes)
    return batch.isControl(bytes) && batch.producerEpoch(bytes) === entry.epoch
  }

  /** Takes over the producers from a snapshot. */
  restore(entries: readonly ProducerEntry[]): void {
    const open = entries.filter(entry => entry.transactionStart !== null)
    open.sort((a, b) => ((a.transactionStart as Offset) < (b.transactionStart as Offset) ? -1 : 1))
    this.#producers.clear()
    this.#ongoing.clear()
    for (const entry of entries) this.#producers.set(entry.producerId, entry)
    for (const entry of open) this.#ongoing.set(entry.producerId, entry)
  }

  /** Forgets the producers that have not written since a time; those with an open transaction stay. */
  expire(seenBeforeMs: number): void {
    for (const [id, { lastSeenMs, transactionStart }] of this.#producers) {
      if (lastSeenMs < seenBeforeMs && transactionStart === null) this.#producers.delete(id)
    }
    this.#guards.expire(seenBeforeMs)
  }

  active(): ActiveProducer[] {
    return [...this.#producers.values()].map(entry => ({
      producerId: entry.producerId,
      producerEpoch: entry.epoch,
      lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
      lastTimestampMs: entry.lastTimestampMs,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTransactionStartOffset: entry.transactionStart ?? -1n,
    }))
  }

  #note(bytes: Buffer, nowMs: number): void {
    const producerId = batch.producerId(bytes)
    const epoch = batch.producerEpoch(bytes)
    const firstSequence = batch.baseSequence(bytes)
    const entry = this.#entryFor(producerId, epoch)
    if (firstSequence >= 0) {
      const lastSequence = laterSequence(firstSequence, batch.lastOffsetDelta(bytes))
      const offsetDelta = batch.lastOffsetDelta(bytes)
      const lastOffset = batch.lastOffset(bytes)
      const timestampMs = batch.maxTimestamp(bytes)
      const remembered = { firstSequence, lastSequence, lastOffset, offsetDelta, timestampMs }
      entry.batches.push(remembered)
      if (entry.batches.length > rememberedBatches) entry.batches.shift()
    }
    entry.lastTimestampMs = batch.maxTimestamp(bytes)
    entry.lastSeenMs = nowMs
    if (entry.transactionStart === null && batch.isTransactional(bytes)) {
      entry.transactionStart = batch.baseOffset(bytes)
      this.#ongoing.set(producerId, entry)
    }
  }

  /**
   * Ends the transaction of a marker. A marker for a partition that holds nothing of the transaction completes none.
   */
  #end(marker: EndTransactionMarker, bytes: Buffer, nowMs: number): CompletedTransaction | null {
    const producerId = batch.producerId(bytes)
    const entry = this.#entryFor(producerId, batch.producerEpoch(bytes))
    const firstOffset = entry.transactionStart
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestampMs = batch.maxTimestamp(bytes)
    entry.lastSeenMs = nowMs
    entry.transactionStart = null
    this.#ongoing.delete(producerId)
    if (firstOffset === null) return null
    return { producerId, firstOffset, lastOffset: batch.lastOffset(bytes), committed: marker.committed }
  }

  /** The entry of a producer. The batches of another epoch are forgotten. */
  #entryFor(producerId: bigint, epoch: number): ProducerEntry {
    const found = this.#producers.get(producerId)
    const entry = found ?? {
      producerId,
      epoch,
      batches: [],
      lastTimestampMs: -1n,
      lastSeenMs: 0,
      coordinatorEpoch: -1,
      transactionStart: null,
    }
    if (entry.epoch !== epoch) {
      entry.epoch = epoch
      entry.batches = []
    }
    this.#producers.set(producerId, entry)
    return entry
  }
}
