import type { ErrorName } from '../wire/errors.js'

export type Offset = bigint
export type Isolation = 'read_uncommitted' | 'read_committed'

/** Below the handlers a topic is known by its id (22 characters), never by its name. */
export interface TopicPartition {
  readonly topicId: string
  readonly partition: number
}

/** One record batch of format v2 whose structure and checksum were checked. Its base offset is ignored. */
export interface AppendBatch {
  readonly target: TopicPartition
  readonly bytes: Buffer
  /** What `guard` gave before the batch was found to be part of a transaction. */
  readonly guard?: TransactionGuard | null
  /** Of a marker: from 2 on its epoch must be above that of the transaction's records (KIP-890). */
  readonly transactionVersion?: number
}

/** The right to begin a transaction in a partition; it is worth nothing once anything else was written there for the producer. */
export type TransactionGuard = object

/** Who wrote a transactional batch. */
export interface ProducerOfBatch {
  readonly producerId: bigint
  readonly producerEpoch: number
  /** -1 where a coordinator writes it. */
  readonly baseSequence: number
  /** Whether the producer's epoch rises with every transaction (transaction version 2). */
  readonly knowsEpochBump: boolean
}

/** Four outcomes, never merged: the client is told exactly one of them. */
export type AppendResult =
  | {
      readonly kind: 'appended' | 'duplicate'
      readonly baseOffset: Offset
      /** -1 unless the topic stamps the time of the append; of a duplicate, as in Kafka, the batch's own time. */
      readonly logAppendTimeMs: bigint
      readonly logStartOffset: Offset
    }
  /** Certainly not appended: sequence, epoch, transaction, size, timestamp, unknown partition. */
  | { readonly kind: 'rejected'; readonly error: ErrorName; readonly message?: string }
  /** Certainly not appended; the client may try again. */
  | { readonly kind: 'unavailable' }
  /** May have been appended. */
  | { readonly kind: 'unknown' }

export interface ReadRequest {
  readonly target: TopicPartition
  readonly offset: Offset
  /** The most bytes wanted of this partition; the first batch of an answer may exceed it. */
  readonly maxBytes: number
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: Offset
}

/** Where a partition begins and ends. */
export interface Bounds {
  readonly logStartOffset: Offset
  /** Readers see up to here, exclusive. With one storage it is also the log end offset. */
  readonly highWatermark: Offset
  readonly lastStableOffset: Offset
}

export type ReadResult =
  | ({
      readonly kind: 'read'
      /** Whole batches in order, one or more in each buffer; the first one holds the offset asked for. They must not be changed. */
      readonly batches: readonly Buffer[]
      readonly bytes: number
      /** In order of first offset; null unless read with read_committed. */
      readonly abortedTransactions: readonly AbortedTransaction[] | null
    } & Bounds)
  | ({ readonly kind: 'failed'; readonly error: ErrorName } & Partial<Bounds>)

export interface TimestampedOffset {
  readonly offset: Offset
  readonly timestampMs: bigint
  readonly leaderEpoch: number
}

export interface ActiveProducer {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestampMs: bigint
  readonly coordinatorEpoch: number
  /** -1 when no transaction is open. */
  readonly currentTransactionStartOffset: Offset
}

export interface LogDirDescription {
  readonly path: string
  /** Why it is offline; null while it works. Offline it tells no sizes: -1. */
  readonly failure: string | null
  readonly totalBytes: bigint
  readonly usableBytes: bigint
  readonly replicas: readonly StoredReplica[]
}

export interface StoredReplica {
  readonly target: TopicPartition
  readonly sizeBytes: bigint
  /** A copy that is being made, to take the place of the one in another directory. */
  readonly isFuture: boolean
}

/**
 * Stores partitions. Offsets, deduplication, sequence and epoch checks are one atomic step inside
 * `append`; nobody else does any of them. Methods that take one target throw KafkaError, those that
 * take many answer each for itself.
 */
export interface LogEngine {
  /** Resolves when the batches are as safe as `acks` and the topic's flush settings ask for; results in the order given. */
  append(
    batches: readonly AppendBatch[],
    options: { readonly acks: -1 | 0 | 1; readonly timeoutMs: number },
  ): Promise<AppendResult[]>

  /**
   * To be asked for before a transactional batch is found to be part of a transaction, and to go with the
   * batch (KIP-890). Null: the producer's transaction has begun in this partition, nothing is to be found out.
   * Throws INVALID_PRODUCER_EPOCH for a producer of an epoch that is over here.
   */
  guard(target: TopicPartition, producer: ProducerOfBatch): TransactionGuard | null

  /**
   * What is there now; never waits for new data. `maxBytes` bounds the answer as a whole, except that
   * the first batch found is given even if it is larger, so that a reader always gets on.
   */
  read(
    requests: readonly ReadRequest[],
    options: { readonly isolation: Isolation; readonly maxBytes: number },
  ): Promise<ReadResult[]>

  /** Gives back what a read gave: nobody looks at these batches any more, and their memory is used again. */
  release(results: readonly ReadResult[]): void

  /** Calls `changed` (possibly often) after each append to one of these, or when one ceases to exist. Returns how to stop. */
  watch(targets: readonly TopicPartition[], changed: () => void): () => void

  bounds(target: TopicPartition): Bounds

  /** The first record at or after the time, also inside a compressed batch; null when there is none. */
  offsetForTime(target: TopicPartition, timestampMs: bigint): Promise<TimestampedOffset | null>

  /** The record with the greatest timestamp; null in an empty log. */
  offsetOfMaxTimestamp(target: TopicPartition): Promise<TimestampedOffset | null>

  /** KIP-101: the end of the greatest epoch at or below the one asked for; null when there is none. */
  endOffsetForEpoch(
    target: TopicPartition,
    leaderEpoch: number,
  ): { readonly leaderEpoch: number; readonly endOffset: Offset } | null

  /** The epoch in force at an offset, -1 when unknown. */
  epochAt(target: TopicPartition, offset: Offset): number

  /** Moves the log start up to `before` (-1: to the high watermark) and returns it; OFFSET_OUT_OF_RANGE beyond the end. */
  deleteRecords(target: TopicPartition, before: Offset): Promise<Offset>

  producers(target: TopicPartition): readonly ActiveProducer[]

  describe(): Promise<readonly LogDirDescription[]>

  /** LOG_DIR_NOT_FOUND for a path that is no log directory of this broker, KAFKA_STORAGE_ERROR for one that is offline. */
  checkLogDir(path: string): void

  /** Begins to move a partition to another log directory; LOG_DIR_NOT_FOUND, or KAFKA_STORAGE_ERROR where that is offline. */
  move(target: TopicPartition, path: string): void
}
