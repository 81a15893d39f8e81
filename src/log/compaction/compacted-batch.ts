import type { Offset } from '../../engine/log-engine.js'
import { decompress } from '../../wire/compression.js'
import * as batch from '../../wire/record-batch.js'
import { recordKeys } from '../../wire/record-keys.js'
import type { KeyOffsets } from './key-offsets.js'

const mostRecordBytes = 256 * 1024 * 1024

/** What decides about a record. */
export interface Verdicts {
  /** The last offset of each key, as far as the keys were looked at. */
  readonly keys: KeyOffsets
  /** From here on the keys were not looked at: every record stays. */
  readonly end: Offset
  readonly nowMs: number
  readonly deleteRetentionMs: bigint
  /** Whether the batch is its producer's last, whose sequence must stay known. */
  isLastOfProducer(bytes: Buffer): boolean
}

/** The keys of a batch with the offsets of their records, whether or not it is compressed. */
export async function keysOf(bytes: Buffer) {
  const plain = await decompress(batch.codecOf(bytes), batch.recordBytes(bytes), mostRecordBytes)
  return recordKeys(plain, batch.recordCount(bytes))
}

/**
 * What compaction leaves of a batch: the batch itself, one with fewer records, or null for nothing
 * (Kafka's Cleaner.shouldRetainRecord). A tombstone is met first without a delete horizon, gets one,
 * `delete.retention.ms` away, and goes once that has passed (KIP-534).
 */
export async function compacted(bytes: Buffer, verdicts: Verdicts): Promise<Buffer | null> {
  if (batch.isControl(bytes) || batch.baseOffset(bytes) >= verdicts.end) return bytes
  const horizonMs = batch.deleteHorizonMs(bytes)
  const base = batch.baseOffset(bytes)
  const kept = new Set<Offset>()
  let hasTombstones = false
  for (const { key, offsetDelta, hasValue } of await keysOf(bytes)) {
    const offset = base + BigInt(offsetDelta)
    if (!stays(key, offset, hasValue || horizonMs === null || BigInt(verdicts.nowMs) < horizonMs, verdicts))
      continue
    kept.add(offset)
    if (!hasValue) hasTombstones = true
  }
  if (kept.size === 0) return verdicts.isLastOfProducer(bytes) ? batch.rebuildBatch(bytes, []) : null
  const isNew = hasTombstones && horizonMs === null
  if (kept.size === batch.recordCount(bytes) && !isNew) return bytes
  const records = (await batch.decodeRecords(bytes)).filter(({ offset }) => kept.has(offset))
  return batch.rebuildBatch(
    bytes,
    records,
    isNew ? BigInt(verdicts.nowMs) + verdicts.deleteRetentionMs : horizonMs,
  )
}

function stays(key: Buffer | null, offset: Offset, isWanted: boolean, { keys, end }: Verdicts): boolean {
  if (offset >= end) return true
  return key !== null && isWanted && offset >= keys.get(key)
}
