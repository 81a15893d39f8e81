import type { Offset } from '../../engine/log-engine.js'
import type { Inflater } from '../../records/inflater.js'
import * as batch from '../../records/record-batch.js'
import { type RecordKey, recordKeys, recordLaterBy } from '../../records/record-keys.js'
import { KafkaError } from '../../wire/errors.js'
import type { AbortedRange } from '../transaction-index.js'
import type { CleanedTransactions } from './cleaned-transactions.js'
import type { KeyOffsets } from './key-offsets.js'
import type { Pace } from './pace.js'

const recordsBetweenLooks = 64

/** The state that decides whether a record stays. */
export interface Verdicts {
  /** The last offset of each key, as far as the keys were looked at. */
  readonly keys: KeyOffsets
  /** The offset from which on the keys were not looked at: every record stays there. */
  readonly end: Offset
  readonly transactions: CleanedTransactions
  readonly nowMs: number
  readonly deleteRetentionMs: bigint
  readonly pace: Pace
  readonly inflater: Inflater
  /** Tells whether the batch is its producer's last, whose sequence must stay known. */
  isLastOfProducer(bytes: Buffer): boolean
}

/**
 * The rest of a batch after compaction, null where nothing is left; and, where the batch is a marker, the transaction
 * that the index of the segment must go on to tell.
 */
export interface Compacted {
  readonly bytes: Buffer | null
  readonly aborted?: AbortedRange | null
}

/**
 * Runs `use` with the records of a batch, compressed or not, and gives its result; null for a batch that is too large
 * to be inflated. Such a batch stays as it is, for nothing is lost by a record that is kept.
 */
export async function withRecords<T>(
  bytes: Buffer,
  inflater: Inflater,
  use: (records: Buffer) => Promise<T>,
): Promise<{ readonly result: T } | null> {
  try {
    return { result: await inflater.withWhole(bytes, use) }
  } catch (thrown) {
    if (thrown instanceof KafkaError && thrown.errorName === 'MESSAGE_TOO_LARGE') return null
    throw thrown
  }
}

/** Gives the keys of a batch, some at a time and at a pace, for a batch may hold very many. */
export async function* keysIn(plain: Buffer, count: number, pace: Pace): AsyncGenerator<RecordKey[]> {
  let some: RecordKey[] = []
  for (const key of recordKeys(plain, count)) {
    some.push(key)
    if (some.length < recordsBetweenLooks) continue
    yield some
    some = []
    if (pace.isDue) await pace.rest()
  }
  yield some
}

/**
 * Compacts a batch: the result is the batch itself, one with fewer records, or nothing (Kafka's Cleaner.cleanInto). A
 * tombstone, or a marker of a transaction of which nothing is left, has no delete horizon when compaction first meets
 * it. It gets one then, `delete.retention.ms` away, and goes once that has passed (KIP-534).
 */
export async function compacted(bytes: Buffer, verdicts: Verdicts): Promise<Compacted> {
  if (batch.isControl(bytes)) return compactedMarker(bytes, verdicts)
  const isAborted = verdicts.transactions.isAborted(bytes)
  if (batch.baseOffset(bytes) >= verdicts.end) return { bytes }
  return { bytes: isAborted ? await emptied(bytes, verdicts) : await withoutOldRecords(bytes, verdicts) }
}

async function compactedMarker(bytes: Buffer, verdicts: Verdicts): Promise<Compacted> {
  const marker = verdicts.transactions.marker(bytes)
  if (!marker?.isEmpty) return { bytes, aborted: marker?.aborted ?? null }
  const horizonMs = batch.deleteHorizonMs(bytes)
  if (horizonMs !== null) {
    return { bytes: BigInt(verdicts.nowMs) < horizonMs ? bytes : await emptied(bytes, verdicts) }
  }
  const plain = batch.recordBytes(bytes)
  return { bytes: await rebuilt(bytes, plain, [...recordKeys(plain, 1)], newHorizonMs(verdicts), verdicts) }
}

async function withoutOldRecords(bytes: Buffer, verdicts: Verdicts): Promise<Buffer | null> {
  const left = await withRecords(bytes, verdicts.inflater, plain => current(bytes, plain, verdicts))
  return left ? left.result : bytes
}

async function current(bytes: Buffer, plain: Buffer, verdicts: Verdicts): Promise<Buffer | null> {
  const horizonMs = batch.deleteHorizonMs(bytes)
  const keepsTombstones = horizonMs === null || BigInt(verdicts.nowMs) < horizonMs
  const base = batch.baseOffset(bytes)
  const kept: RecordKey[] = []
  let hasTombstones = false
  for await (const some of keysIn(plain, batch.recordCount(bytes), verdicts.pace)) {
    for (const each of some) {
      const offset = base + BigInt(each.offsetDelta)
      if (!isCurrent(each.key, offset, verdicts) || !(each.hasValue || keepsTombstones)) continue
      kept.push(each)
      if (!each.hasValue) hasTombstones = true
    }
  }
  if (kept.length === 0) return emptied(bytes, verdicts)
  const isNew = hasTombstones && horizonMs === null
  if (kept.length === batch.recordCount(bytes) && !isNew) return bytes
  return rebuilt(bytes, plain, kept, isNew ? newHorizonMs(verdicts) : horizonMs, verdicts)
}

async function rebuilt(
  bytes: Buffer,
  plain: Buffer,
  kept: readonly RecordKey[],
  horizonMs: bigint | null,
  { pace }: Verdicts,
): Promise<Buffer> {
  const oldBaseMs = batch.baseTimestamp(bytes)
  const baseTimestampMs = horizonMs ?? oldBaseMs
  const records: Buffer[] = []
  let latest = kept[0]?.timestampDelta ?? 0n
  for (const [i, record] of kept.entries()) {
    records.push(recordLaterBy(oldBaseMs - baseTimestampMs, plain, record))
    if (record.timestampDelta > latest) latest = record.timestampDelta
    if (i % recordsBetweenLooks === 0 && pace.isDue) await pace.rest()
  }
  const maxTimestampMs = batch.isLogAppendTime(bytes) ? batch.maxTimestamp(bytes) : oldBaseMs + latest
  const left = {
    bytes: Buffer.concat(records),
    count: kept.length,
    baseTimestampMs,
    maxTimestampMs,
    horizonMs,
  }
  return batch.rebuildBatch(bytes, left)
}

/** Leaves the header alone where the producer's sequence must stay known, and otherwise nothing. */
async function emptied(bytes: Buffer, verdicts: Verdicts): Promise<Buffer | null> {
  return verdicts.isLastOfProducer(bytes) ? batch.emptiedBatch(bytes) : null
}

const newHorizonMs = ({ nowMs, deleteRetentionMs }: Verdicts): bigint => BigInt(nowMs) + deleteRetentionMs

/** Tells whether no later record replaces this one. A record without a key is never current. */
function isCurrent(key: Buffer | null, offset: Offset, { keys, end }: Verdicts): boolean {
  if (offset >= end) return true
  return key !== null && offset >= keys.get(key)
}
