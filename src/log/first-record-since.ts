import type { Offset, TimestampedOffset } from '../engine/log-engine.js'
import type { Inflater } from '../records/inflater.js'
import * as batch from '../records/record-batch.js'

/**
 * Finds the first record of a batch that is as late as a time, or later, and lies at an offset or behind it; null where
 * there is none. The records are looked through up to that one. A time is exact up to 2^53 milliseconds from the
 * batch's first.
 */
export async function firstRecordSince(
  bytes: Buffer,
  timestampMs: bigint,
  from: Offset,
  inflater: Inflater,
): Promise<TimestampedOffset | null> {
  const base = batch.baseOffset(bytes)
  const baseMs = batch.baseTimestamp(bytes)
  const stampedMs = batch.isLogAppendTime(bytes) ? batch.maxTimestamp(bytes) : null
  const leastDeltaMs = stampedMs === null ? Number(timestampMs - baseMs) : Number.NEGATIVE_INFINITY
  const leastOffsetDelta = Number(from - base)
  let found: TimestampedOffset | null = null
  await inflater.walk(bytes, {
    areConsecutive: false,
    see: (_, deltaMs, __, offsetDelta) => {
      if (found || deltaMs < leastDeltaMs || offsetDelta < leastOffsetDelta) return
      found = {
        offset: base + BigInt(offsetDelta),
        timestampMs: stampedMs ?? baseMs + BigInt(deltaMs),
        leaderEpoch: batch.partitionLeaderEpoch(bytes),
      }
    },
    isEnough: () => found !== null,
  })
  return found
}
