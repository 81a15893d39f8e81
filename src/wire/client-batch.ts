import { codecs } from './compression.js'
import { KafkaError } from './errors.js'
import * as batch from './record-batch.js'

/** Where the format is told, in a batch of any format. */
const magicAt = 16
/** A batch of a format before v2 has at least as many bytes after its length. */
const leastBatchBytes = 14

/**
 * The one batch of format v2 that a client may send for a partition; bytes after it that are no batch
 * are cut off. What Kafka asks of the request as such (ProduceRequest.validateRecords).
 */
export function clientBatch(records: Buffer | null): Buffer {
  const first = firstBatch(records)
  if (records === null || first === null) return invalid('a partition must come with one')
  const magic = batch.magicOf(first)
  if (magic !== batch.magicV2) invalid(`its format is v${magic}, only v2 is allowed`)
  if (firstBatch(records.subarray(first.length))) invalid('a partition must come with no more than one')
  return first
}

/** Checks a client's batch before the log takes it, in the order of Kafka's UnifiedLog and LogValidator; the records are not looked at. */
export function checkClientBatch(b: Buffer, maxBytes: number): void {
  if (batch.baseOffset(b) !== 0n) invalid(`its base offset is ${batch.baseOffset(b)} and not 0`)
  if (b.length > maxBytes) {
    throw new KafkaError(
      'MESSAGE_TOO_LARGE',
      `The record batch has ${b.length} bytes, more than max.message.bytes allows (${maxBytes}).`,
    )
  }
  if (b.length < batch.batchHeaderBytes) corrupt(`it has ${b.length} bytes, fewer than its header`)
  if (!batch.verifyCrc(b)) corrupt('its checksum is wrong')
  checkHeader(b)
}

/** The first batch of the bytes, of whatever format; null when they do not hold all of it. */
export function firstBatch(bytes: Buffer | null): Buffer | null {
  if (bytes === null || bytes.length < batch.batchPrefixBytes) return null
  const length = batch.batchLength(bytes)
  if (length < batch.batchPrefixBytes + leastBatchBytes) corrupt(`it claims a length of ${length} bytes`)
  if (bytes.length <= magicAt) return null
  const magic = batch.magicOf(bytes)
  if (magic < 0 || magic > batch.magicV2) corrupt(`there is no format v${magic}`)
  return length > bytes.length ? null : bytes.subarray(0, length)
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

function invalid(why: string): never {
  throw new KafkaError('INVALID_RECORD', `The record batch is not accepted: ${why}.`)
}

function corrupt(why: string): never {
  throw new KafkaError('CORRUPT_MESSAGE', `The record batch is corrupt: ${why}.`)
}
