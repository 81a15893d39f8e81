import type { TopicSettings } from '../config/topic-settings.js'
import { KafkaError } from '../wire/errors.js'
import * as batch from '../wire/record-batch.js'

/** What a topic's settings demand of a batch, in the order in which Kafka's UnifiedLog finds it out. */
export function checkAppend(bytes: Buffer, settings: TopicSettings, nowMs: number): void {
  const { maxMessageBytes, segmentBytes } = settings
  if (settings.messageTimestampType === 'CreateTime') checkTimestamp(bytes, settings, nowMs)
  if (bytes.length > maxMessageBytes) {
    throw new KafkaError(
      'MESSAGE_TOO_LARGE',
      `The record batch has ${bytes.length} bytes, more than max.message.bytes allows (${maxMessageBytes}).`,
    )
  }
  if (bytes.length > segmentBytes) {
    throw new KafkaError(
      'RECORD_LIST_TOO_LARGE',
      `The record batch has ${bytes.length} bytes, more than a segment holds (${segmentBytes}).`,
    )
  }
}

const noTimestamp = -1n

function checkTimestamp(bytes: Buffer, settings: TopicSettings, nowMs: number): void {
  const timestampMs = batch.maxTimestamp(bytes)
  if (timestampMs === noTimestamp) return
  const aheadMs = timestampMs - BigInt(nowMs)
  if (aheadMs > settings.messageTimestampAfterMaxMs || -aheadMs > settings.messageTimestampBeforeMaxMs) {
    throw new KafkaError(
      'INVALID_TIMESTAMP',
      `Timestamp ${timestampMs} of message is out of range: the clock says ${nowMs}, and message.timestamp.before.max.ms and after.max.ms allow ${settings.messageTimestampBeforeMaxMs} and ${settings.messageTimestampAfterMaxMs}.`,
    )
  }
}
