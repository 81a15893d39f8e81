import type { TopicSettings } from '../config/topic-settings.js'
import type { ErrorName, KafkaError } from '../wire/errors.js'

export type Offset = bigint
/** How far a reader sees; `log_end`, beyond the high watermark, is for a coordinator that takes in all that it wrote. */
export type Isolation = 'read_uncommitted' | 'read_committed' | 'log_end'

/** Below the handlers a topic is known by its id (22 characters), never by its name. */
export interface TopicPartition {
  readonly topicId: string
  readonly partition: number
}

/** One record batch of format v2 whose structure and checksum were checked. Its base offset is ignored. */
export interface AppendBatch {
  readonly target: TopicPartition
  readonly bytes: Buffer
  /** The leader epoch under which the writer leads the partition (`ClusterView.leads`). An engine that knows a later one refuses the batch. */
  readonly fence: number
  /** What `guards` gave before the batch was found to be part of a transaction. */
  readonly guard?: TransactionGuard | null
  /** Where it comes from. A client's batch has been admitted (records/admission.ts); one of the broker itself is checked by `append`. */
  readonly origin?: 'client' | 'broker'
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

export interface AppendOptions {
  /**
   * What the client asked for. With one storage the numbers make no difference: a batch counts once it is as safe as
   * the topic's flush settings ask for, and as in Kafka that is awaited even where no reply is.
   */
  readonly acks: -1 | 0 | 1
  /**
   * How long to wait until the batches are so safe. What is not by then is `unknown`, and may become visible later.
   * Infinity waits for ever.
   */
  readonly timeoutMs: number
}

/** Four outcomes, never merged: the client is told exactly one of them. */
export type AppendResult =
  /** It is in the log, as safe as the topic asks for; of a duplicate that is the batch that came first. */
  | {
      readonly kind: 'appended' | 'duplicate'
      readonly baseOffset: Offset
      /** -1 unless the topic stamps the time of the append; of a duplicate, as in Kafka, the batch's own time. */
      readonly logAppendTimeMs: bigint
      readonly logStartOffset: Offset
    }
  /**
   * Certainly not appended, and the same batch would be refused again: sequence, epoch, transaction, size, timestamp,
   * unknown partition, or a fence that is over (NOT_LEADER_OR_FOLLOWER).
   */
  | { readonly kind: 'rejected'; readonly error: ErrorName; readonly message?: string }
  /**
   * Certainly not appended, for a reason that passes or is not the batch's: the disk is full, its directory is offline,
   * or a remote storage is out of reach. Clients are told KAFKA_STORAGE_ERROR, and try again.
   */
  | { readonly kind: 'unavailable'; readonly message?: string }
  /** May have been appended: the storage failed in between, or did not answer in time. */
  | { readonly kind: 'unknown' }

/** What is answered about one target of several: each succeeds or fails for itself. */
export type Answered<T> = T | KafkaError

export interface ReadRequest {
  readonly target: TopicPartition
  readonly offset: Offset
  /** The most bytes wanted of this partition; the first batch of an answer may exceed it. */
  readonly maxBytes: number
}

export interface ReadOptions {
  readonly isolation: Isolation
  readonly maxBytes: number
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: Offset
}

/** Where a partition begins and ends. */
export interface Bounds {
  readonly logStartOffset: Offset
  /** Readers see up to here, exclusive: what lies below is as safe as the topic asks for. */
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

/** How many bytes a read of one partition would find, without any of them being read. */
export type Readable =
  | ({ readonly kind: 'readable'; readonly bytes: number } & Bounds)
  | ({ readonly kind: 'failed'; readonly error: ErrorName } & Partial<Bounds>)

export interface GuardRequest {
  readonly target: TopicPartition
  readonly producer: ProducerOfBatch
}

export interface OffsetQuery {
  readonly target: TopicPartition
  /** The first record at or after this time is asked for, also inside a compressed batch; or the first one of the greatest time. */
  readonly timestampMs: bigint | 'greatest'
}

export interface EpochQuery {
  readonly target: TopicPartition
  readonly leaderEpoch: number
}

export interface EpochEnd {
  readonly leaderEpoch: number
  readonly endOffset: Offset
}

export interface OffsetOf {
  readonly target: TopicPartition
  readonly offset: Offset
}

export interface Move {
  readonly target: TopicPartition
  /** Of one of the log directories that `describe` tells. */
  readonly path: string
}

/** A topic that is no more, as it was. */
export interface DeletedTopic {
  readonly id: string
  readonly name: string
  readonly partitionCount: number
  readonly settings: TopicSettings
}

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
 * Stores partitions. Fence, sequence and epoch checks, deduplication and the assignment of offsets are one atomic step
 * inside `append`; nobody else does any of them. What a remote store could not answer at once is asynchronous and
 * takes many targets: the answers come in the order of the targets, each for itself, and no error of one is thrown.
 * A rejected promise is a bug, or means that the engine is closed.
 */
export interface LogEngine {
  /** Resolves when each batch has its outcome, in the order given. Batches of one partition are appended in that order. */
  append(batches: readonly AppendBatch[], options: AppendOptions): Promise<AppendResult[]>

  /**
   * To be asked for before a transactional batch is found to be part of a transaction, and to go with the
   * batch (KIP-890). Null: the producer's transaction has begun in this partition, nothing is to be found out.
   * INVALID_PRODUCER_EPOCH is for a producer of an epoch that is over here.
   */
  guards(requests: readonly GuardRequest[]): Promise<readonly Answered<TransactionGuard | null>[]>

  /**
   * What is there now; never waits for new data. `maxBytes` bounds the answer as a whole, except that
   * the first batch found is given even if it is larger, so that a reader always gets on.
   */
  read(requests: readonly ReadRequest[], options: ReadOptions): Promise<ReadResult[]>

  /**
   * How much `read` would find for each, at most its `maxBytes`; takes no memory for it. It may say too much by less
   * than the distance of two index entries, never too little.
   */
  readable(requests: readonly ReadRequest[], isolation: Isolation): Promise<readonly Readable[]>

  /** Gives back what a read gave: nobody looks at these batches any more, and their memory is used again. */
  release(results: readonly ReadResult[]): void

  /** Calls `changed` (possibly often) when the high watermark of one of these moves, or when one ceases to exist. Returns how to stop. */
  watch(targets: readonly TopicPartition[], changed: () => void): () => void

  bounds(targets: readonly TopicPartition[]): Promise<readonly Answered<Bounds>[]>

  /** Null where there is no such record. */
  offsetsFor(queries: readonly OffsetQuery[]): Promise<readonly Answered<TimestampedOffset | null>[]>

  /** KIP-101: the end of the greatest epoch at or below the one asked for; null when there is none. */
  epochEnds(queries: readonly EpochQuery[]): Promise<readonly Answered<EpochEnd | null>[]>

  /** The epoch in force at each offset, -1 when unknown. */
  epochsAt(offsets: readonly OffsetOf[]): Promise<readonly Answered<number>[]>

  /** Moves each log start up to the offset (-1: to the high watermark) and answers it; OFFSET_OUT_OF_RANGE beyond the end. */
  deleteRecords(before: readonly OffsetOf[]): Promise<readonly Answered<Offset>[]>

  producers(targets: readonly TopicPartition[]): Promise<readonly Answered<readonly ActiveProducer[]>[]>

  describe(): Promise<readonly LogDirDescription[]>

  /** LOG_DIR_NOT_FOUND for a path that is no log directory of this broker, KAFKA_STORAGE_ERROR for one that is offline. */
  checkLogDirs(paths: readonly string[]): Promise<readonly Answered<null>[]>

  /** Begins to move partitions to other log directories; fails as `checkLogDirs` does. */
  move(moves: readonly Move[]): Promise<readonly Answered<null>[]>

  /** From the call on nothing of the topic is found, and its name is free; its bytes may follow later. */
  deleteTopic(topic: DeletedTopic): Promise<void>

  /** To be called once all topics are known: opens what no request has asked for, while clients are served. */
  openRest(): void

  /** Brings everything to where it is safe and gives the storage back; nothing may be asked afterwards. */
  close(): Promise<void>
}
