import type { TopicSettings } from '../config/topic-settings.js'
import type { ErrorName, KafkaError } from '../wire/errors.js'

export type Offset = bigint
/**
 * The part of the log that a reader sees. `log_end` reaches beyond the high watermark: it is for a coordinator, which
 * reads all that it wrote.
 */
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
  /**
   * The leader epoch under which the writer leads the partition (`ClusterView.leads`). An engine that knows a later one
   * refuses the batch.
   */
  readonly fence: number
  /** The guard that `guards` gave before the coordinator was asked whether the batch is part of a transaction. */
  readonly guard?: TransactionGuard | null
  /**
   * The writer of the batch. A client's batch has been admitted (records/admission.ts); a batch of the broker itself is
   * checked by `append`.
   */
  readonly origin?: 'client' | 'broker'
  /**
   * The transaction version of a marker: from 2 on its epoch must be above that of the transaction's records (KIP-890).
   */
  readonly transactionVersion?: number
}

/**
 * The right to begin a transaction in a partition. It is void once anything else was written there for the producer.
 */
export type TransactionGuard = object

/** The producer that wrote a transactional batch. */
export interface ProducerOfBatch {
  readonly producerId: bigint
  readonly producerEpoch: number
  /** -1 where a coordinator writes the batch. */
  readonly baseSequence: number
  /** True where the producer's epoch rises with every transaction (transaction version 2). */
  readonly knowsEpochBump: boolean
}

export interface AppendOptions {
  /**
   * The acks that the client asked for. With one storage the numbers make no difference: a batch counts once it is as
   * safe as the topic's flush settings ask for, and as in Kafka that is awaited even where no reply is.
   */
  readonly acks: -1 | 0 | 1
  /**
   * The time to wait until the batches are so safe. A batch that is not by then is `unknown`, and may become visible
   * later. Infinity waits for ever.
   */
  readonly timeoutMs: number
}

/** Four outcomes, never merged: the client is told exactly one of them. */
export type AppendResult =
  /** The batch is in the log, as safe as the topic asks for; a duplicate is answered with the batch that came first. */
  | {
      readonly kind: 'appended' | 'duplicate'
      readonly baseOffset: Offset
      /** -1 unless the topic stamps the time of the append; for a duplicate it is the batch's own time, as in Kafka. */
      readonly logAppendTimeMs: bigint
      readonly logStartOffset: Offset
    }
  /**
   * The batch was certainly not appended, and would be refused again: sequence, epoch, transaction, size, timestamp,
   * unknown partition, or a fence that is over (NOT_LEADER_OR_FOLLOWER).
   */
  | { readonly kind: 'rejected'; readonly error: ErrorName; readonly message?: string }
  /**
   * The batch was certainly not appended, for a reason that passes or is not the batch's: the disk is full, its
   * directory is offline, or a remote storage is out of reach. Clients are told KAFKA_STORAGE_ERROR, and try again.
   */
  | { readonly kind: 'unavailable'; readonly message?: string }
  /** The batch may have been appended: the storage failed in between, or did not answer in time. */
  | { readonly kind: 'unknown' }

/** The answer about one target of several: each succeeds or fails for itself. */
export type Answered<T> = T | KafkaError

export interface ReadRequest {
  readonly target: TopicPartition
  readonly offset: Offset
  /** The most bytes that are read of this partition; the first batch of an answer may exceed it. */
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

/** The offsets at which a partition begins and ends. */
export interface Bounds {
  readonly logStartOffset: Offset
  /** Readers see records below this offset: they are as safe as the topic asks for. */
  readonly highWatermark: Offset
  readonly lastStableOffset: Offset
}

export type ReadResult =
  | ({
      readonly kind: 'read'
      /**
       * Whole batches in order, one or more in each buffer; the first one holds the offset asked for. They must not be
       * changed.
       */
      readonly batches: readonly Buffer[]
      readonly bytes: number
      /** The transactions in order of their first offset; null unless the read was read_committed. */
      readonly abortedTransactions: readonly AbortedTransaction[] | null
    } & Bounds)
  | ({ readonly kind: 'failed'; readonly error: ErrorName } & Partial<Bounds>)

/** The number of bytes that a read of one partition would find, without any of them being read. */
export type Readable =
  | ({ readonly kind: 'readable'; readonly bytes: number } & Bounds)
  | ({ readonly kind: 'failed'; readonly error: ErrorName } & Partial<Bounds>)

export interface GuardRequest {
  readonly target: TopicPartition
  readonly producer: ProducerOfBatch
}

export interface OffsetQuery {
  readonly target: TopicPartition
  /**
   * A time asks for the first record at or after it, also inside a compressed batch; `greatest` asks for the first
   * record that has the greatest time.
   */
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
  /** The path of one of the log directories that `describe` tells. */
  readonly path: string
}

/** A topic that exists no more, as it was. */
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
  /** The reason why the directory is offline; null while it works. An offline directory tells no sizes: they are -1. */
  readonly failure: string | null
  readonly totalBytes: bigint
  readonly usableBytes: bigint
  readonly replicas: readonly StoredReplica[]
}

export interface StoredReplica {
  readonly target: TopicPartition
  readonly sizeBytes: bigint
  /** True for a copy that is being made, and will take the place of the one in another directory. */
  readonly isFuture: boolean
}

/**
 * Stores partitions. Fence, sequence and epoch checks, deduplication and the assignment of offsets are one atomic step
 * inside `append`; no other code does any of them. Each method that a remote store could not answer at once is
 * asynchronous and takes many targets: the answers come in the order of the targets, each for itself, and no error of
 * one is thrown. A rejected promise is a bug, or means that the engine is closed.
 */
export interface LogEngine {
  /** Resolves when each batch has its outcome, in the order given. A partition's batches are appended in that order. */
  append(batches: readonly AppendBatch[], options: AppendOptions): Promise<AppendResult[]>

  /**
   * Gives guards, which are asked for before the coordinator tells whether a transactional batch is part of a
   * transaction, and which are then passed with the batch (KIP-890). Null: the producer's transaction has begun in this
   * partition, so that there is nothing to ask. INVALID_PRODUCER_EPOCH is for a producer of an epoch that is over here.
   */
  guards(requests: readonly GuardRequest[]): Promise<readonly Answered<TransactionGuard | null>[]>

  /**
   * Reads what is there now; never waits for new data. `maxBytes` bounds the answer as a whole, except that the first
   * batch found is given even if it is larger, so that a reader always gets on.
   */
  read(requests: readonly ReadRequest[], options: ReadOptions): Promise<ReadResult[]>

  /**
   * Tells how much `read` would find for each request, at most its `maxBytes`; takes no memory for it. It may tell too
   * much by less than the distance of two index entries, never too little.
   */
  readable(requests: readonly ReadRequest[], isolation: Isolation): Promise<readonly Readable[]>

  /** Gives back what a read gave: the caller looks at these batches no more, and their memory is used again. */
  release(results: readonly ReadResult[]): void

  /**
   * Calls `changed` (possibly often) when the high watermark of one of these moves, or when one ceases to exist.
   * Returns a function that stops watching.
   */
  watch(targets: readonly TopicPartition[], changed: () => void): () => void

  bounds(targets: readonly TopicPartition[]): Promise<readonly Answered<Bounds>[]>

  /** Finds the records that the queries ask for; null where there is no such record. */
  offsetsFor(queries: readonly OffsetQuery[]): Promise<readonly Answered<TimestampedOffset | null>[]>

  /** Gives the end of the greatest epoch at or below the one asked for (KIP-101); null when there is none. */
  epochEnds(queries: readonly EpochQuery[]): Promise<readonly Answered<EpochEnd | null>[]>

  /** Gives the epoch in force at each offset, -1 when it is unknown. */
  epochsAt(offsets: readonly OffsetOf[]): Promise<readonly Answered<number>[]>

  /**
   * Moves each log start up to the offset (-1: to the high watermark) and answers it; OFFSET_OUT_OF_RANGE beyond the
   * end.
   */
  deleteRecords(before: readonly OffsetOf[]): Promise<readonly Answered<Offset>[]>

  producers(targets: readonly TopicPartition[]): Promise<readonly Answered<readonly ActiveProducer[]>[]>

  describe(): Promise<readonly LogDirDescription[]>

  /**
   * Answers LOG_DIR_NOT_FOUND for a path that is no log directory of this broker, KAFKA_STORAGE_ERROR for one that is
   * offline.
   */
  checkLogDirs(paths: readonly string[]): Promise<readonly Answered<null>[]>

  /** Begins to move partitions to other log directories; fails as `checkLogDirs` does. */
  move(moves: readonly Move[]): Promise<readonly Answered<null>[]>

  /** Deletes a topic: from the call on nothing of it is found, and its name is free; its bytes may be removed later. */
  deleteTopic(topic: DeletedTopic): Promise<void>

  /** Opens what no request has asked for, while clients are served. It is called once all topics are known. */
  openRest(): void

  /** Makes everything safe and gives the storage back; nothing may be asked afterwards. */
  close(): Promise<void>
}
