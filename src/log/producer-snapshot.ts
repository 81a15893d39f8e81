import { crc32c } from '../wire/crc32c.js'
import { Reader } from '../wire/reader.js'
import { Writer } from '../wire/writer.js'
import type { ProducerEntry } from './producer-state.js'

const version = 1
const bodyAt = 6

/**
 * Kafka's producer snapshot: the last batch of each producer up to the offset in the file's name.
 *
 *     int16 version (1) | uint32 CRC-32C of what follows | int32 count | entries
 *     entry: int64 producer id | int16 epoch | int32 last sequence | int64 last offset | int32 offset delta
 *            | int64 timestamp | int32 coordinator epoch | int64 first offset of the open transaction, -1
 */
export function encodeSnapshot(entries: Iterable<ProducerEntry>): Buffer {
  const all = [...entries]
  const writer = new Writer()
  writer.int32(all.length)
  for (const { producerId, epoch, batches, lastTimestampMs } of all) {
    const last = batches.at(-1)
    writer.int64(producerId)
    writer.int16(epoch)
    writer.int32(last?.lastSequence ?? -1)
    writer.int64(last?.lastOffset ?? -1n)
    writer.int32(last?.offsetDelta ?? 0)
    writer.int64(lastTimestampMs)
    writer.int32(-1)
    writer.int64(-1n)
  }
  const body = writer.finish()
  const head = Buffer.alloc(bodyAt)
  head.writeInt16BE(version)
  head.writeUInt32BE(crc32c(body), 2)
  return Buffer.concat([head, body])
}

/** Null for a snapshot that was torn or is of another version: the log is replayed instead. */
export function decodeSnapshot(bytes: Buffer): ProducerEntry[] | null {
  if (bytes.length < bodyAt + 4 || bytes.readInt16BE(0) !== version) return null
  const body = bytes.subarray(bodyAt)
  if (bytes.readUInt32BE(2) !== crc32c(body)) return null
  const reader = new Reader(body)
  return Array.from({ length: reader.int32() }, () => {
    const producerId = reader.int64()
    const epoch = reader.int16()
    const lastSequence = reader.int32()
    const lastOffset = reader.int64()
    const offsetDelta = reader.int32()
    const lastTimestampMs = reader.int64()
    reader.int32()
    reader.int64()
    const batches =
      lastSequence < 0
        ? []
        : [{ firstSequence: lastSequence - offsetDelta, lastSequence, lastOffset, offsetDelta }]
    return { producerId, epoch, batches, lastTimestampMs, lastSeenMs: Number(lastTimestampMs) }
  })
}
