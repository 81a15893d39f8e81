import { crc32c } from '../records/crc32c.js'
import { Reader } from '../wire/reader.js'
import { Writer } from '../wire/writer.js'
import type { ProducerEntry } from './producer-state.js'

const version = 1
const bodyAt = 6
const entryBytes = 46

/**
 * Kafka's producer snapshot: the last batches of each producer up to the offset in the file's name.
 *
 *     int16 version (1) | uint32 CRC-32C of what follows | int32 count | entries
 *     entry: int64 producer id | int16 epoch | int32 last sequence | int64 last offset | int32 offset delta
 *            | int64 timestamp | int32 coordinator epoch | int64 first offset of the open transaction, -1
 *
 * Kafka writes one entry a producer, for its last batch. Here each batch that may come again has its own,
 * in their order: Kafka, which lets a later entry take the place of an earlier one, reads the last.
 */
export function encodeSnapshot(producers: Iterable<ProducerEntry>): Buffer {
  const entries = [...producers].flatMap(producer => {
    const batches = producer.batches.length > 0 ? producer.batches : [null]
    return batches.map(batch => ({ producer, batch }))
  })
  const writer = new Writer()
  writer.int32(entries.length)
  for (const { producer, batch } of entries) {
    writer.int64(producer.producerId)
    writer.int16(producer.epoch)
    writer.int32(batch?.lastSequence ?? -1)
    writer.int64(batch?.lastOffset ?? -1n)
    writer.int32(batch?.offsetDelta ?? 0)
    writer.int64(batch === producer.batches.at(-1) || !batch ? producer.lastTimestampMs : batch.timestampMs)
    writer.int32(producer.coordinatorEpoch)
    writer.int64(producer.transactionStart ?? -1n)
  }
  const body = writer.finish()
  const head = Buffer.alloc(bodyAt)
  head.writeInt16BE(version)
  head.writeUInt32BE(crc32c(body), 2)
  return Buffer.concat([head, body])
}

/** Reads a snapshot. Null for one that was torn or is of another version: then the log is replayed instead. */
export function decodeSnapshot(bytes: Buffer): ProducerEntry[] | null {
  if (bytes.length < bodyAt + 4 || bytes.readInt16BE(0) !== version) return null
  const body = bytes.subarray(bodyAt)
  if (bytes.readUInt32BE(2) !== crc32c(body)) return null
  const reader = new Reader(body)
  const producers = new Map<bigint, ProducerEntry>()
  const count = reader.int32()
  if (body.length !== 4 + count * entryBytes) return null
  for (let left = count; left > 0; left--) {
    const entry = readEntry(reader)
    const earlier = producers.get(entry.producerId)
    const batches = earlier?.epoch === entry.epoch ? [...earlier.batches, ...entry.batches] : entry.batches
    producers.set(entry.producerId, { ...entry, batches })
  }
  return [...producers.values()]
}

function readEntry(reader: Reader): ProducerEntry {
  const producerId = reader.int64()
  const epoch = reader.int16()
  const lastSequence = reader.int32()
  const lastOffset = reader.int64()
  const offsetDelta = reader.int32()
  const lastTimestampMs = reader.int64()
  const coordinatorEpoch = reader.int32()
  const start = reader.int64()
  const firstSequence = sequenceBefore(lastSequence, offsetDelta)
  const last = { firstSequence, lastSequence, lastOffset, offsetDelta, timestampMs: lastTimestampMs }
  const batches = lastSequence < 0 ? [] : [last]
  const transactionStart = start < 0n ? null : start
  const lastSeenMs = Number(lastTimestampMs)
  return { producerId, epoch, batches, lastTimestampMs, lastSeenMs, coordinatorEpoch, transactionStart }
}

/** The sequence so many before another. Sequences go round: the one before 0 is the largest. */
const sequenceBefore = (sequence: number, by: number): number =>
  sequence >= by ? sequence - by : sequence - by + 2 ** 31
