import type { Offset } from '../../engine/log-engine.js'
import type { PartitionLog } from '../partition-log.js'
import type { Segment } from '../segment.js'
import { bytesOf } from '../segments.js'

/**
 * The segments that compaction may take up. The active one is not among them, none in which a transaction is open, and
 * none with records younger than min.compaction.lag.ms.
 */
export function compactable(log: PartitionLog, nowMs: number): readonly Segment[] {
  const { minCompactionLagMs } = log.settings
  const { lastStableOffset } = log.bounds
  const full = log.segments.slice(0, -1)
  const first = full.findIndex(
    (segment, i) =>
      BigInt(nowMs) - segment.maxTimestampMs < minCompactionLagMs ||
      (log.segments[i + 1] as Segment).base > lastStableOffset,
  )
  return first < 0 ? full : full.slice(0, first)
}

/**
 * The share of the compactable bytes that came after `cleanUpTo`; null while they are not worth the work. They are
 * above min.cleanable.dirty.ratio, or when the oldest is due by max.compaction.lag.ms.
 */
export function dirtyRatio(log: PartitionLog, cleanUpTo: Offset, nowMs: number): number | null {
  const { minCleanableDirtyRatio, maxCompactionLagMs } = log.settings
  const segments = compactable(log, nowMs)
  const dirty = segments.filter(segment => log.endOf(segment) > cleanUpTo && segment.size > 0)
  const [oldest] = dirty
  if (!oldest) return null
  const ratio = bytesOf(dirty) / bytesOf(segments)
  const { firstTimestampMs } = oldest
  const due = BigInt(nowMs) - (firstTimestampMs > 0n ? firstTimestampMs : 0n) > maxCompactionLagMs
  return due || ratio > minCleanableDirtyRatio ? ratio : null
}
