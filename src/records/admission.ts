import type { TopicSettings } from '../config/topic-settings.js'
import type { AppendBatch, Offset, TransactionGuard } from '../engine/log-engine.js'
import type { Topic } from '../engine/metadata-store.js'
import { KafkaError } from '../wire/errors.js'
import { codecs, UnreadableRecords } from './compression/compression.js'
import { type EndTransactionMarker, readMarkerBatch } from './end-transaction-marker.js'
import type { Inflater } from './inflater.js'
import * as batch from './record-batch.js'
import { isInTime, isRight, type RightTimes, rightTimes } from './record-times.js'
import { type Survey, walkRecords } from './record-walk.js'
import { type RecordError, RecordsRejected } from './rejected-records.js'

/*
 * Decides whether a batch may be appended. All checks of it stand here, in the order in which Apache Kafka makes them,
 * so that of several things that are wrong a client is told the one that Kafka tells:
 *
 *     of the request    it holds one whole batch in the present format    firstBatch, batchOfRequest   ProduceRequest
 *     of the partition  who may write it, here and now                    checkPartition               ReplicaManager
 *     of the batch      its place, size, checksum and header              checkClientBatch             UnifiedLog
 *     of its records    they are well formed, in time, have keys          checkClientBatch             LogValidator
 *     of the segment    it is large enough                                checkForSegment              UnifiedLog
 *     of the producer   its epoch, transaction and sequence               checkProducer                ProducerAppendInfo
 *
 * Between the request and the partition a transactional batch joins its transaction, which takes an answer of the
 * coordinator (handlers/shared/join-transaction.ts). The last two depend on what was appended before: `append` of the
 * engine makes them in the turn in which it appends. A batch of the broker itself (journals, markers) is well formed;
 * `append` checks of it what a topic's settings say about any batch (checkOwnBatch).
 */

/* Checks of the request. */

/** The position of the format's number, in a batch of any format. */
const magicAt = 16
/** A batch of a format before v2 has at least so many bytes after its length. */
const leastBatchBytes = 14
const topicIdsSince = 13
const zstdSince = 7

/** Returns the first batch of the bytes, of whatever format; null when they do not hold all of it. */
export function firstBatch(bytes: Buffer | null): Buffer | null {
  if (bytes === null || bytes.length < batch.batchPrefixBytes) return null
  const length = batch.batchLength(bytes)
  if (length < batch.batchPrefixBytes + leastBatchBytes) corrupt(`it claims a length of ${length} bytes`)
  if (bytes.length <= magicAt) return null
  const magic = batch.magicOf(bytes)
  if (magic < 0 || magic > batch.magicV2) corrupt(`there is no format v${magic}`)
  return length > bytes.length ? null : bytes.subarray(0, length)
}

/**
 * Returns the one batch of format v2 that a client may send for a partition; bytes after it that are no batch are cut
 * off.
 */
export function batchOfRequest(
  topic: Topic | undefined,
  { index, records }: { readonly index: number; readonly records: Buffer | null },
  version: number,
): { readonly topic: Topic; readonly leaderEpoch: number; readonly bytes: Buffer } {
  if (!topic)
    throw new KafkaError(version >= topicIdsSince ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  const partition = topic.partitions[index]
  if (!partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  const first = firstBatch(records)
  if (records === null || first === null) return invalid('a partition must come with one')
  const magic = batch.magicOf(first)
  if (magic !== batch.magicV2) invalid(`its format is v${magic}, only v2 is allowed`)
  if (firstBatch(records.subarray(first.length))) invalid('a partition must come with no more than one')
  if (batch.codecOf(first) === codecs.zstd && version < zstdSince) {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE')
  }
  return { topic, leaderEpoch: partition.leaderEpoch, bytes: first }
}

/* Checks of the partition. */

/**
 * Checks that the partition can be written. `fence` is the epoch under which the node that was dialled leads the
 * partition, -1 where it does not. A partition of fewer replicas than min.insync.replicas needs all of them (KIP-966).
 */
export function checkPartition(topic: Topic, index: number, acks: number, fence: number): void {
  if (acks < -1 || acks > 1) throw new KafkaError('INVALID_REQUIRED_ACKS')
  if (topic.internal) throw new KafkaError('INVALID_TOPIC_EXCEPTION')
  const partition = topic.partitions[index]
  if (!partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  if (fence < 0) throw new KafkaError('NOT_LEADER_OR_FOLLOWER')
  const needed = Math.min(topic.settings.minInsyncReplicas, partition.replicas.length)
  if (acks === -1 && partition.isr.length < needed) throw new KafkaError('NOT_ENOUGH_REPLICAS')
}

/* Checks of the batch. */

/**
 * Checks a client's batch and its records, and writes the greatest of their times into the header. Returns a promise
 * only where there is something to wait for: where records have to be inflated, or are many.
 */
export function checkClientBatch(
  b: Buffer,
  settings: TopicSettings,
  nowMs: number,
  inflater: Inflater,
): Promise<void> | null {
  if (batch.baseOffset(b) !== 0n) invalid(`its base offset is ${batch.baseOffset(b)} and not 0`)
  checkSize(b, settings)
  if (b.length < batch.batchHeaderBytes) corrupt(`it has ${b.length} bytes, fewer than its header`)
  if (!batch.verifyCrc(b)) corrupt('its checksum is wrong')
  checkHeader(b)
  return checkRecords(b, settings, nowMs, inflater)
}

/** Checks a batch of the broker itself. */
export function checkOwnBatch(b: Buffer, settings: TopicSettings, nowMs: number): void {
  checkSize(b, settings)
  if (settings.messageTimestampType === 'LogAppendTime') return
  const greatestMs = batch.maxTimestamp(b)
  if (greatestMs === noTimestamp || isInTime(greatestMs, settings, nowMs)) return
  throw new KafkaError(
    'INVALID_TIMESTAMP',
    `Timestamp ${greatestMs} of message is out of range: the clock says ${nowMs}, and message.timestamp.before.max.ms and after.max.ms allow ${settings.messageTimestampBeforeMaxMs} and ${settings.messageTimestampAfterMaxMs}.`,
  )
}

function checkSize(b: Buffer, { maxMessageBytes }: TopicSettings): void {
  if (b.length <= maxMessageBytes) return
  throw new KafkaError(
    'MESSAGE_TOO_LARGE',
    `The record batch has ${b.length} bytes, more than max.message.bytes allows (${maxMessageBytes}).`,
  )
}

function checkHeader(b: Buffer): void {
  const count = batch.recordCount(b)
  const lastDelta = batch.lastOffsetDelta(b)
  if (count <= 0) invalid(`it claims to hold ${count} records`)
  if (count !== lastDelta + 1) invalid(`it holds ${count} records but its last offset delta is ${lastDelta}`)
  if (batch.isControl(b)) invalid('clients may not write control records')
  if (batch.producerId(b) >= 0n && batch.baseSequence(b) < 0) {
    invalid(`it has a producer id but the sequence ${batch.baseSequence(b)}`)
  }
  if (batch.codecOf(b) > codecs.zstd) {
    // Kafka has no better word for it: its CompressionType.forId throws what no client is meant to see.
    throw new KafkaError('UNKNOWN_SERVER_ERROR', `There is no compression of number ${batch.codecOf(b)}.`)
  }
}

/* Checks of its records. */

const noTimestamp = -1n
const anyAgeMs = 2n ** 63n - 1n
/** Records of more bytes are looked through piece by piece. */
const mostBytesAtOnce = 1024 * 1024
/** A refusal names so many records one by one at most. */
const mostNamed = 10_000

/**
 * Checks the records. Kafka inflates every batch; here a compressed one is inflated only when its header does not prove
 * that its records are right.
 */
function checkRecords(b: Buffer, settings: TopicSettings, nowMs: number, inflater: Inflater) {
  const right = rightTimes(b, settings, nowMs)
  const isPlain = batch.codecOf(b) === codecs.none
  if (!isPlain && headerVouches(b, right, settings)) {
    stamp(b, batch.maxTimestamp(b), settings)
    return null
  }
  if (!isPlain || b.length > mostBytesAtOnce) return checkPiecewise(b, right, settings, inflater)
  const records = batch.recordBytes(b)
  const survey = walkRecords(records, batch.recordCount(b))
  if (!isAllRight(survey, right, settings)) {
    const wrong = new WrongRecords(right, settings)
    walkRecords(records, batch.recordCount(b), wrong.see)
    wrong.refuse()
  }
  stamp(b, greatestOf(survey, b), settings)
  return null
}

async function checkPiecewise(
  b: Buffer,
  right: RightTimes,
  settings: TopicSettings,
  inflater: Inflater,
): Promise<void> {
  const areConsecutive = true
  try {
    const survey = await inflater.walk(b, { areConsecutive })
    if (!isAllRight(survey, right, settings)) {
      const wrong = new WrongRecords(right, settings)
      await inflater.walk(b, { areConsecutive, see: wrong.see, isEnough: () => wrong.isFull })
      wrong.refuse()
    }
    stamp(b, greatestOf(survey, b), settings)
  } catch (thrown) {
    if (!(thrown instanceof UnreadableRecords)) throw thrown
    // Kafka does not expect bytes that the codec cannot read, and has no error of its own for them.
    throw new KafkaError('UNKNOWN_SERVER_ERROR', thrown.message)
  }
}

/** Tells whether the header proves that no record can be wrong; otherwise the wrong ones have to be named. */
function headerVouches(b: Buffer, right: RightTimes, settings: TopicSettings): boolean {
  if (settings.cleanupPolicy.compact) return false
  if (settings.messageTimestampType === 'CreateTime' && settings.messageTimestampBeforeMaxMs !== anyAgeMs) {
    return false
  }
  return isRight(right, 0) && isRight(right, Number(batch.maxTimestamp(b) - batch.baseTimestamp(b)))
}

function isAllRight(
  { leastDeltaMs, greatestDeltaMs, allHaveKeys }: Survey,
  { least, most }: RightTimes,
  { cleanupPolicy: { compact } }: TopicSettings,
): boolean {
  return leastDeltaMs >= least && greatestDeltaMs <= most && (allHaveKeys || !compact)
}

/** Finds the records that a topic cannot take. */
class WrongRecords {
  readonly #errors: RecordError[] = []
  #isTime = false

  constructor(
    private readonly right: RightTimes,
    private readonly settings: TopicSettings,
  ) {}

  get isFull(): boolean {
    return this.#errors.length === mostNamed
  }

  readonly see = (batchIndex: number, timestampDeltaMs: number, hasKey: boolean): void => {
    if (this.isFull) return
    if (this.settings.cleanupPolicy.compact && !hasKey) {
      this.#errors.push({
        batchIndex,
        batchIndexErrorMessage: 'A compacted topic cannot take a record without a key.',
      })
    } else if (!isRight(this.right, timestampDeltaMs)) {
      this.#isTime = true
      this.#errors.push({ batchIndex, batchIndexErrorMessage: 'Its timestamp is out of range.' })
    }
  }

  /** Throws RecordsRejected where it found records; it finds none where all that is out of range has no time at all. */
  refuse(): void {
    if (this.#errors.length === 0) return
    throw new RecordsRejected(this.#isTime ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD', this.#errors)
  }
}

function greatestOf({ greatestDeltaMs }: Survey, b: Buffer): bigint {
  if (batch.isLogAppendTime(b)) return batch.maxTimestamp(b)
  const greatestMs = batch.baseTimestamp(b) + BigInt(greatestDeltaMs)
  return greatestMs > noTimestamp ? greatestMs : noTimestamp
}

function stamp(b: Buffer, greatestMs: bigint, { messageTimestampType }: TopicSettings): void {
  if (messageTimestampType === 'LogAppendTime') return
  if (batch.isLogAppendTime(b) || greatestMs !== batch.maxTimestamp(b)) batch.stampCreateTime(b, greatestMs)
}

/* Checks of the segment. */

export function checkForSegment(b: Buffer, { segmentBytes }: TopicSettings): void {
  if (b.length <= segmentBytes) return
  throw new KafkaError(
    'RECORD_LIST_TOO_LARGE',
    `The record batch has ${b.length} bytes, more than a segment holds (${segmentBytes}).`,
  )
}

/* Checks of the producer. */

const largestSequence = 2 ** 31 - 1
const largestEpoch = 2 ** 15 - 1

/** The state of one producer in a partition. */
export interface KnownProducer {
  readonly producerId: bigint
  readonly epoch: number
  /** The batches of this epoch that may come again, the last at the end. */
  readonly batches: readonly RememberedBatch[]
  /** The epoch of the coordinator that ended its last transaction; -1 before the first. */
  readonly coordinatorEpoch: number
  /** The first offset of the transaction that it has open here; null when it has none. */
  readonly transactionStart: Offset | null
}

export interface RememberedBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly lastOffset: Offset
  readonly offsetDelta: number
  readonly timestampMs: bigint
}

/** A transaction that is about to begin: its coordinator is being asked, or has answered (KIP-890). */
export interface OpenGuard {
  readonly guard: TransactionGuard
  readonly knowsEpochBump: boolean
  /** The lowest sequence of the batches that wait: none with a higher one may come before it. */
  readonly lowestSequence: number
}

/**
 * Checks a batch against what its producer wrote before. Returns the batch that it repeats, null for one to append.
 * `verifies` tells whether a transaction may begin only with a guard.
 */
export function checkProducer(
  {
    bytes,
    guard = null,
    transactionVersion = 0,
  }: Pick<AppendBatch, 'bytes' | 'guard' | 'transactionVersion'>,
  producer: KnownProducer | undefined,
  open: OpenGuard | undefined,
  verifies: () => boolean,
): RememberedBatch | null {
  const marker = readMarkerBatch(bytes)
  if (marker) {
    if (producer) checkMarker(marker, batch.producerEpoch(bytes), producer, transactionVersion)
    return null
  }
  const known = producer && repeated(bytes, producer)
  if (known) return known
  const isTransactional = batch.isTransactional(bytes)
  if (isTransactional && verifies()) checkMembership(bytes, guard, producer, open)
  if (producer) checkEpoch(batch.producerEpoch(bytes), producer)
  if (batch.baseSequence(bytes) >= 0) checkSequence(bytes, producer, open)
  if (producer && producer.transactionStart !== null && !isTransactional) {
    throw new KafkaError(
      'INVALID_TXN_STATE',
      `Expected transactional write from producer ${producer.producerId}`,
    )
  }
  return null
}

/** Tells whether the producer has a transaction open in this epoch. */
export const isOngoing = (producer: KnownProducer | undefined, epoch: number): boolean =>
  producer !== undefined && producer.transactionStart !== null && producer.epoch === epoch

/** Throws for a producer of an epoch that is over. */
export function checkEpoch(epoch: number, producer: KnownProducer): void {
  if (epoch >= producer.epoch) return
  throw new KafkaError(
    'INVALID_PRODUCER_EPOCH',
    `Epoch of producer ${producer.producerId} is ${epoch}, which is smaller than the last seen epoch ${producer.epoch}`,
  )
}

/**
 * Checks a marker. From transaction version 2 on the epoch rises with every marker, so that a marker with the records'
 * own epoch is late, unless it repeats a marker that is here already (KAFKA-19999).
 */
function checkMarker(
  { coordinatorEpoch }: EndTransactionMarker,
  epoch: number,
  producer: KnownProducer,
  transactionVersion: number,
): void {
  const { producerId } = producer
  const repeats = epoch === producer.epoch && (producer.transactionStart === null || epoch === largestEpoch)
  if (transactionVersion >= 2 ? epoch <= producer.epoch && !repeats : epoch < producer.epoch) {
    throw new KafkaError(
      'INVALID_PRODUCER_EPOCH',
      `Epoch of a marker of producer ${producerId} is ${epoch}, and the last seen epoch ${producer.epoch} (transaction version ${transactionVersion})`,
    )
  }
  if (producer.coordinatorEpoch > coordinatorEpoch) {
    throw new KafkaError(
      'TRANSACTION_COORDINATOR_FENCED',
      `Invalid coordinator epoch for producerId ${producerId}: ${coordinatorEpoch} (zombie), ${producer.coordinatorEpoch} (current)`,
    )
  }
}

function repeated(bytes: Buffer, { epoch, batches }: KnownProducer): RememberedBatch | undefined {
  const first = batch.baseSequence(bytes)
  if (batch.producerEpoch(bytes) !== epoch || first < 0) return undefined
  const last = laterSequence(first, batch.lastOffsetDelta(bytes))
  return batches.find(each => each.firstSequence === first && each.lastSequence === last)
}

/**
 * Checks that a transaction begins only with a guard from before the coordinator's answer: without it, the transaction
 * might never end.
 */
function checkMembership(
  bytes: Buffer,
  guard: TransactionGuard | null,
  producer: KnownProducer | undefined,
  open: OpenGuard | undefined,
): void {
  if (isOngoing(producer, batch.producerEpoch(bytes))) return
  if (guard !== null && open?.guard === guard) return
  throw new KafkaError('INVALID_TXN_STATE', 'Record was not part of an ongoing transaction')
}

function checkSequence(
  bytes: Buffer,
  producer: KnownProducer | undefined,
  open: OpenGuard | undefined,
): void {
  const producerId = batch.producerId(bytes)
  const first = batch.baseSequence(bytes)
  if (open?.knowsEpochBump && first !== 0 && (producer?.batches.length ?? 0) === 0) {
    outOfOrder(producerId, first, 'expected sequence 0 of a producer of transaction version 2 without state')
  }
  if (open && first > open.lowestSequence) {
    outOfOrder(producerId, first, `${open.lowestSequence} (earliest seen sequence)`)
  }
  if (!producer) return
  const expected = batch.producerEpoch(bytes) === producer.epoch ? following(producer) : 0
  if (first !== expected) outOfOrder(producerId, first, `${expected} expected`)
}

/** Returns a sequence that is later by so many. Sequences wrap around: the one after the largest is 0. */
export const laterSequence = (sequence: number, by: number): number =>
  sequence > largestSequence - by ? by - (largestSequence - sequence) - 1 : sequence + by

/** Returns the sequence that comes next in an epoch: 0 where nothing was written in it yet. */
const following = ({ batches }: KnownProducer): number => {
  const last = batches.at(-1)
  return last ? laterSequence(last.lastSequence, 1) : 0
}

function outOfOrder(producerId: bigint, first: number, why: string): never {
  throw new KafkaError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `Out of order sequence number for producer ${producerId}: ${first} (incoming seq. number), ${why}`,
  )
}

function invalid(why: string): never {
  throw new KafkaError('INVALID_RECORD', `The record batch is not accepted: ${why}.`)
}

function corrupt(why: string): never {
  throw new KafkaError('CORRUPT_MESSAGE', `The record batch is corrupt: ${why}.`)
}
