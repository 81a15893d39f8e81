import type { TopicSettings } from '../config/topic-settings.js'

/** The facts of a segment that retention looks at. */
export interface Aged {
  readonly size: number
  readonly maxTimestampMs: bigint
  /** The time that counts where the records have no timestamps. */
  readonly sinceMs: number
}

/**
 * The number of the oldest segments that retention.ms and retention.bytes no longer keep (Kafka's
 * UnifiedLog.deleteOldSegments). A log that may only be compacted keeps all.
 */
export function outOfRetention(segments: readonly Aged[], settings: TopicSettings, nowMs: number): number {
  const { cleanupPolicy, retentionMs, retentionBytes } = settings
  if (!cleanupPolicy.delete) return 0
  let count = 0
  let bytes = segments.reduce((sum, { size }) => sum + BigInt(size), 0n)
  for (const [i, segment] of segments.entries()) {
    const size = BigInt(segment.size)
    const tooOld = retentionMs >= 0n && BigInt(nowMs) - ageOf(segment) > retentionMs
    const tooMany = retentionBytes >= 0n && bytes - retentionBytes >= size
    const isEmptyLast = size === 0n && i === segments.length - 1 // compaction may leave others empty
    if (isEmptyLast || !(tooOld || tooMany)) break
    bytes -= size
    count += 1
  }
  return count
}

const ageOf = ({ maxTimestampMs, sinceMs }: Aged): bigint =>
  maxTimestampMs >= 0n ? maxTimestampMs : BigInt(sinceMs)
