import type {
  ActiveProducer,
  AppendBatch,
  Offset,
  ProducerOfBatch,
  TransactionGuard,
} from '../engine/log-engine.js'
import { type EndTransactionMarker, readMarkerBatch } from '../wire/end-transaction-marker.js'
import { KafkaError } from '../wire/errors.js'
import * as batch from '../wire/record-batch.js'
import { TransactionGuards } from './transaction-guards.js'

/** As many batches as a producer may have in flight; each of them may come again (Kafka's ProducerStateEntry). */
const rememberedBatches = 5
const largestSequence = 2 ** 31 - 1
const largestEpoch = 2 ** 15 - 1

interface RememberedBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly lastOffset: Offset
  readonly offsetDelta: number
  readonly timestampMs: bigint
}

export interface ProducerEntry {
  readonly producerId: bigint
  epoch: number
  batches: RememberedBatch[]
  lastTimestampMs: bigint
  /** When it last wrote, by the broker's clock. */
  lastSeenMs: number
  /** Of whoever ended its last transaction; -1 before the first. */
  coordinatorEpoch: number
  /** The first offset of the transaction that it has open here; null when it has none. */
  transactionStart: Offset | null
}

/** A transaction that has its marker now, in one partition. */
export interface CompletedTransaction {
  readonly producerId: bigint
  readonly firstOffset: Offset
  /** Of the marker. */
  readonly lastOffset: Offset
  readonly committed: boolean
}

/**
 * What the producers of one partition wrote last: enough to know a batch that comes again, to fence off an
 * older producer, and to tell which transactions are open (Kafka's ProducerStateManager and ProducerAppendInfo).
 */
export class ProducerState {
  readonly #producers = new Map<bigint, ProducerEntry>()
  /** Those with an open transaction, in the order of their first offsets. */
  readonly #ongoing = new Map<bigint, ProducerEntry>()
  readonly #guards = new TransactionGuards()

  get entries(): Iterable<ProducerEntry> {
    return this.#producers.values()
  }

  /** The first offset of which it is not decided whether its transaction is committed; null when all is. */
  get firstUnstable(): Offset | null {
    for (const { transactionStart } of this.#ongoing.values()) return transactionStart
    return null
  }

  /** Null when the transaction has begun; throws for a producer of an epoch that is over. */
  guard(producer: ProducerOfBatch, nowMs: number): TransactionGuard | null {
    const { producerId, producerEpoch } = producer
    const entry = this.#producers.get(producerId)
    if (entry) checkEpoch(producerEpoch, entry)
    return this.#isOngoing(producerId, producerEpoch) ? null : this.#guards.request(producer, nowMs)
  }

  /** Where and of what time a batch is that is here already, null for one to append; throws for one that may not be. */
  check({ bytes, guard, transactionVersion = 0 }: Unplaced, verifies: () => boolean): KnownBatch | null {
    const producerId = batch.producerId(bytes)
    if (producerId < 0n) return null
    const entry = this.#producers.get(producerId)
    const marker = readMarkerBatch(bytes)
    if (marker) {
      checkMarker(marker, batch.producerEpoch(bytes), entry, transactionVersion)
      return null
    }
    const known = entry && duplicate(bytes, entry)
    if (known) {
      return { baseOffset: known.lastOffset - BigInt(known.offsetDelta), timestampMs: known.timestampMs }
    }
    if (batch.isTransactional(bytes) && verifies()) this.#checkMembership(bytes, guard ?? null)
    if (entry) checkEpoch(batch.producerEpoch(bytes), entry)
    if (batch.baseSequence(bytes) >= 0) this.#checkSequence(bytes, entry)
    if (entry && entry.transactionStart !== null && !batch.isTransactional(bytes)) {
      throw new KafkaError('INVALID_TXN_STATE', `Expected transactional write from producer ${producerId}`)
    }
    return null
  }

  /** Takes note of a batch that is in the log; the transaction that it ends, if there is one. */
  apply(bytes: Buffer, nowMs: number): CompletedTransaction | null {
    const producerId = batch.producerId(bytes)
    if (producerId < 0n) return null
    if (batch.isTransactional(bytes)) this.#guards.takeBack(producerId)
    const marker = readMarkerBatch(bytes)
    if (marker) return this.#end(marker, bytes, nowMs)
    if (!batch.isControl(bytes)) this.#note(bytes, nowMs)
    return null
  }

  /** Whether it is the batch that this producer wrote last, or, where none is known, its marker. */
  isLast(bytes: Buffer): boolean {
    const entry = this.#producers.get(batch.producerId(bytes))
    if (!entry) return false
    const last = entry.batches.at(-1)
    if (last) return last.lastOffset === batch.lastOffset(bytes)
    return batch.isControl(bytes) && batch.producerEpoch(bytes) === entry.epoch
  }

  /** What a snapshot tells. */
  restore(entries: readonly ProducerEntry[]): void {
    const open = entries.filter(entry => entry.transactionStart !== null)
    open.sort((a, b) => ((a.transactionStart as Offset) < (b.transactionStart as Offset) ? -1 : 1))
    for (const entry of entries) this.#producers.set(entry.producerId, entry)
    for (const entry of open) this.#ongoing.set(entry.producerId, entry)
  }

  /** Whoever has a transaction open stays. */
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

  #isOngoing(producerId: bigint, epoch: number): boolean {
    return this.#ongoing.get(producerId)?.epoch === epoch
  }

  /** A transaction begins only with a guard that the coordinator's word was got under, or it might never end. */
  #checkMembership(bytes: Buffer, guard: TransactionGuard | null): void {
    const producerId = batch.producerId(bytes)
    if (this.#isOngoing(producerId, batch.producerEpoch(bytes))) return
    if (guard !== null && this.#guards.of(producerId)?.guard === guard) return
    throw new KafkaError('INVALID_TXN_STATE', 'Record was not part of an ongoing transaction')
  }

  #checkSequence(bytes: Buffer, entry: ProducerEntry | undefined): void {
    const producerId = batch.producerId(bytes)
    const first = batch.baseSequence(bytes)
    const open = this.#guards.of(producerId)
    if (open?.knowsEpochBump && first !== 0 && (entry?.batches.length ?? 0) === 0) {
      outOfOrder(
        producerId,
        first,
        'expected sequence 0 of a producer of transaction version 2 without state',
      )
    }
    if (open && first > open.lowestSequence) {
      outOfOrder(producerId, first, `${open.lowestSequence} (earliest seen sequence)`)
    }
    if (!entry) return
    const expected = batch.producerEpoch(bytes) === entry.epoch ? following(entry) : 0
    if (first !== expected) outOfOrder(producerId, first, `${expected} expected`)
  }

  #note(bytes: Buffer, nowMs: number): void {
    const producerId = batch.producerId(bytes)
    const epoch = batch.producerEpoch(bytes)
    const firstSequence = batch.baseSequence(bytes)
    const entry = this.#entryFor(producerId, epoch)
    if (firstSequence >= 0) {
      const lastSequence = advanced(firstSequence, batch.lastOffsetDelta(bytes))
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

  /** A marker for a partition that holds nothing of the transaction completes none. */
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

  /** The batches of another epoch are forgotten. */
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

/** A batch that has no offset yet. */
type Unplaced = Pick<AppendBatch, 'bytes' | 'guard' | 'transactionVersion'>

interface KnownBatch {
  readonly baseOffset: Offset
  readonly timestampMs: bigint
}

function checkEpoch(epoch: number, entry: ProducerEntry): void {
  if (epoch >= entry.epoch) return
  throw new KafkaError(
    'INVALID_PRODUCER_EPOCH',
    `Epoch of producer ${entry.producerId} is ${epoch}, which is smaller than the last seen epoch ${entry.epoch}`,
  )
}

/**
 * From transaction version 2 on the epoch rises with every marker, so that one of the records' own epoch is
 * late, unless it repeats a marker that is here already (KAFKA-19999).
 */
function checkMarker(
  { coordinatorEpoch }: EndTransactionMarker,
  epoch: number,
  entry: ProducerEntry | undefined,
  transactionVersion: number,
): void {
  if (!entry) return
  const { producerId } = entry
  const repeats = epoch === entry.epoch && (entry.transactionStart === null || epoch === largestEpoch)
  if (transactionVersion >= 2 ? epoch <= entry.epoch && !repeats : epoch < entry.epoch) {
    throw new KafkaError(
      'INVALID_PRODUCER_EPOCH',
      `Epoch of a marker of producer ${producerId} is ${epoch}, and the last seen epoch ${entry.epoch} (transaction version ${transactionVersion})`,
    )
  }
  if (entry.coordinatorEpoch > coordinatorEpoch) {
    throw new KafkaError(
      'TRANSACTION_COORDINATOR_FENCED',
      `Invalid coordinator epoch for producerId ${producerId}: ${coordinatorEpoch} (zombie), ${entry.coordinatorEpoch} (current)`,
    )
  }
}

function duplicate(bytes: Buffer, { epoch, batches }: ProducerEntry): RememberedBatch | undefined {
  const first = batch.baseSequence(bytes)
  if (batch.producerEpoch(bytes) !== epoch || first < 0) return undefined
  const last = advanced(first, batch.lastOffsetDelta(bytes))
  return batches.find(each => each.firstSequence === first && each.lastSequence === last)
}

function outOfOrder(producerId: bigint, first: number, why: string): never {
  throw new KafkaError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `Out of order sequence number for producer ${producerId}: ${first} (incoming seq. number), ${why}`,
  )
}

/** Sequences go round: the one after the largest is 0. */
const advanced = (sequence: number, by: number): number =>
  sequence > largestSequence - by ? by - (largestSequence - sequence) - 1 : sequence + by

/** The sequence that comes next in an epoch: 0 where nothing was written in it yet. */
const following = ({ batches }: ProducerEntry): number => {
  const last = batches.at(-1)
  return last ? advanced(last.lastSequence, 1) : 0
}
