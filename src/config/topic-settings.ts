/**
 * The effective settings of one topic, as the log uses them, with sizes in bytes and times in milliseconds; -1 means no
 * limit.
 */
export interface TopicSettings {
  readonly cleanupPolicy: { readonly compact: boolean; readonly delete: boolean }
  readonly deleteRetentionMs: bigint
  readonly fileDeleteDelayMs: number
  readonly flushMessages: bigint
  readonly flushMs: bigint
  readonly indexIntervalBytes: number
  readonly maxCompactionLagMs: bigint
  readonly maxMessageBytes: number
  readonly messageTimestampAfterMaxMs: bigint
  readonly messageTimestampBeforeMaxMs: bigint
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: bigint
  readonly minInsyncReplicas: number
  readonly preallocate: boolean
  readonly retentionBytes: bigint
  readonly retentionMs: bigint
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly segmentJitterMs: bigint
  readonly segmentMs: bigint
}
