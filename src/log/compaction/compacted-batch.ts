import type { Offset } from '../../engine/log-engine.js'
import { decompress } from '../../wire/compression.js'
import * as batch from '../../wire/record-batch.js'
import { recordKeys } from '../../wire/record-keys.js'
import type { AbortedRange } from '../transaction-index.js'
import type { CleanedTransactions } from './cleaned-transactions.js'
import type { KeyOffsets } from './key-offsets.js'

const mostRecordBytes = 256 * 1024 * 1024

/** What decides about a record. */
export interface Verdicts {
  /** The last offset of each key, as far as the keys were looked at. */
  readonly keys: KeyOffsets
  /** From here on the keys were not looked at: every record stays. */
  readonly end: Offset
  readonly transactions: CleanedTransactions
  readonly nowMs: number
  readonly deleteRetentionMs: bigint
  /** Whether the batch is its producer's last, whose sequence must stay known. */
  isLastOfProducer(bytes: Buffer): boolean
}

/** What is left of a batch, null for nothing; with a marker, the transaction that its index must go on to tell. */
export interface Compacted {
  readonly bytes: Buffer | null
  readonly aborted?: AbortedRange | null
}

/** The keys of a batch with the offsets of their records, whether or not it is compressed. */
export async function keysOf(bytes: Buffer) {
  const plain = await decompress(batch.codecOf(bytes), batch.recordBytes(bytes), mostRecordBytes)
  return recordKeys(plain, batch.recordCount(bytes))
}

/**
 * What compaction leaves of a batch: the batch itself, one with fewer records, or nothing (Kafka's
 * Cleaner.cleanInto). Tombstones, and markers of transactions of which nothing is left, are met first
 * without a delete horizon, get one, `delete.retention.ms` away, and go once that has passed (KIP-534).
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
  const records = batch.decodePlainRecords(bytes)
  return { bytes: await batch.rebuildBatch(bytes, records, newHorizonMs(verdicts)) }
}

async function withoutOldRecords(bytes: Buffer, verdicts: Verdicts): Promise<Buffer | null> {
  const horizonMs = batch.deleteHorizonMs(bytes)
  const keepsTombstones = horizonMs === null || BigInt(verdicts.nowMs) < horizonMs
  const base = batch.baseOffset(bytes)
  const kept = new Set<Offset>()
  let hasTombstones = false
  for (const { key, offsetDelta, hasValue } of await keysOf(bytes)) {
    const offset = base + BigInt(offsetDelta)
    if (!isCurrent(key, offset, verdicts) || !(hasValue || keepsTombstones)) continue
    kept.add(offset)
    if (!hasValue) hasTombstones = true
  }
  if (kept.size === 0) return emptied(bytes, verdicts)
  const isNew = hasTombstones && horizonMs === null
  if (kept.size === batch.recordCount(bytes) && !isNew) return bytes
  const records = (await batch.decodeRecords(bytes)).filter(({ offset }) => kept.has(offset))
  return batch.rebuildBatch(bytes, records, isNew ? newHorizonMs(verdicts) : horizonMs)
}

/** The header alone where the producer's sequence must stay known, or nothing. */
async function emptied(bytes: Buffer, verdicts: Verdicts): Promise<Buffer | null> {
  return verdicts.isLastOfProducer(bytes) ? batch.rebuildBatch(bytes, []) : null
}

const newHorizonMs = ({ nowMs, deleteRetentionMs }: Verdicts): bigint => BigInt(nowMs) + deleteRetentionMs

/** A record without a key is never current. */
function isCurrent(key: Buffer | null, offset: Offset, { keys, end }: Verdicts): boolean {
  if (offset >= end) return true
  return key !== null && offset >= keys.get(key)
}
