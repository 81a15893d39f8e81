import type { TopicSettings } from '../config/topic-settings.js'
import * as batch from './record-batch.js'

const noTimestamp = -1n

/** The times that a record may have, as distances from the batch's base: numbers, for they are compared often. */
export interface RightTimes {
  readonly least: number
  readonly most: number
  /** The distance of a record without a time. */
  readonly none: number
}

const always: RightTimes = {
  least: Number.NEGATIVE_INFINITY,
  most: Number.POSITIVE_INFINITY,
  none: Number.NaN,
}
const never: RightTimes = {
  least: Number.POSITIVE_INFINITY,
  most: Number.NEGATIVE_INFINITY,
  none: Number.NaN,
}

/**
 * Returns the times that the records of a batch may have. Only the broker stamps batches with the time of their append;
 * a batch that says that it was stamped has the same time in all its records, and is taken where the topic does not
 * care.
 */
export function rightTimes(b: Buffer, settings: TopicSettings, nowMs: number): RightTimes {
  const stamped = batch.isLogAppendTime(b)
  if (settings.messageTimestampType === 'LogAppendTime') return stamped ? never : always
  if (stamped) return isInTime(batch.maxTimestamp(b), settings, nowMs) ? always : never
  const base = batch.baseTimestamp(b)
  return {
    least: Number(BigInt(nowMs) - settings.messageTimestampBeforeMaxMs - base),
    most: Number(BigInt(nowMs) + settings.messageTimestampAfterMaxMs - base),
    none: Number(noTimestamp - base),
  }
}

export const isRight = ({ least, most, none }: RightTimes, deltaMs: number): boolean =>
  deltaMs === none || (deltaMs >= least && deltaMs <= most)

/** Tells whether message.timestamp.before.max.ms and after.max.ms allow a time. */
export function isInTime(timestampMs: bigint, settings: TopicSettings, nowMs: number): boolean {
  if (timestampMs === noTimestamp) return false
  const aheadMs = timestampMs - BigInt(nowMs)
  return aheadMs <= settings.messageTimestampAfterMaxMs && -aheadMs <= settings.messageTimestampBeforeMaxMs
}
