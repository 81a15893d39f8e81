import { KafkaError } from '../wire/errors.js'
import { readInt64, writeInt64 } from '../wire/int64.js'
import { Writer } from '../wire/writer.js'
import { codecs, compress, decompress } from './compression/compression.js'
import { crc32c } from './crc32c.js'
import { type Record, type RecordBase, type RecordDraft, readRecords, writeRecord } from './record.js'

/*
 * A record batch of format v2, as clients send it, as the log stores it and as readers get it:
 *
 *      0  int64   base offset
 *      8  int32   length of everything after this field
 *     12  int32   partition leader epoch
 *     16  int8    magic: 2
 *     17  uint32  CRC-32C of everything after this field
 *     21  int16   attributes: bits 0-2 codec, 3 log append time, 4 transactional, 5 control, 6 delete horizon
 *     23  int32   offset delta of the last record
 *     27  int64   base timestamp
 *     35  int64   max timestamp
 *     43  int64   producer id, or -1
 *     51  int16   producer epoch
 *     53  int32   base sequence
 *     57  int32   number of records
 *     61          the records; compressed as a whole where there is a codec
 *
 * Offset, length, epoch and magic lie before the checksum, so that the broker stamps a batch
 * without computing it anew.
 */
const at = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const

/** The bytes of offset and length, with which every batch of every format begins. */
export const batchPrefixBytes = at.leaderEpoch
export const batchHeaderBytes = at.records

export const magicV2 = 2
const codecMask = 0x07
const logAppendTimeBit = 0x08
const transactionalBit = 0x10
const controlBit = 0x20
const deleteHorizonBit = 0x40
const noTimestamp = -1n
/** A batch may decompress to so many bytes unless the caller names another limit. */
const mostRecordBytes = 256 * 1024 * 1024

/** Returns the size of the whole batch that begins at `start`. */
export const batchLength = (b: Buffer, start = 0): number =>
  batchPrefixBytes + b.readInt32BE(start + at.length)
export const baseOffset = (b: Buffer): bigint => readInt64(b, at.baseOffset)
export const lastOffsetDelta = (b: Buffer): number => b.readInt32BE(at.lastOffsetDelta)
export const lastOffset = (b: Buffer): bigint => baseOffset(b) + BigInt(lastOffsetDelta(b))
export const recordCount = (b: Buffer): number => b.readInt32BE(at.recordCount)
export const partitionLeaderEpoch = (b: Buffer): number => b.readInt32BE(at.leaderEpoch)
export const magicOf = (b: Buffer): number => b.readInt8(at.magic)
export const crcOf = (b: Buffer): number => b.readUInt32BE(at.crc)
export const attributes = (b: Buffer): number => b.readInt16BE(at.attributes)
/** Returns 0 for none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 mean nothing. */
export const codecOf = (b: Buffer): number => attributes(b) & codecMask
export const isLogAppendTime = (b: Buffer): boolean => (attributes(b) & logAppendTimeBit) !== 0
export const isTransactional = (b: Buffer): boolean => (attributes(b) & transactionalBit) !== 0
export const isControl = (b: Buffer): boolean => (attributes(b) & controlBit) !== 0
/**
 * Returns the time from which compaction may delete the tombstones of the batch; null before it has met them first
 * (KIP-534).
 */
export const deleteHorizonMs = (b: Buffer): bigint | null =>
  (attributes(b) & deleteHorizonBit) === 0 ? null : baseTimestamp(b)
export const baseTimestamp = (b: Buffer): bigint => readInt64(b, at.baseTimestamp)
export const maxTimestamp = (b: Buffer): bigint => readInt64(b, at.maxTimestamp)
export const producerId = (b: Buffer): bigint => readInt64(b, at.producerId)
export const producerEpoch = (b: Buffer): number => b.readInt16BE(at.producerEpoch)
export const baseSequence = (b: Buffer): number => b.readInt32BE(at.baseSequence)
/** Returns the records as they lie in the batch, compressed or not. */
export const recordBytes = (b: Buffer): Buffer => b.subarray(at.records, batchLength(b))

export const verifyCrc = (b: Buffer): boolean => crcOf(b) === checksum(b)

/** The checksum covers a batch from here on. */
export const checkedFrom = at.attributes

const checksum = (b: Buffer): number => crc32c(b.subarray(checkedFrom, batchLength(b)))

/** Gives a batch the checksum that its bytes have, in place. */
export function stampCrc(b: Buffer): void {
  b.writeUInt32BE(checksum(b), at.crc)
}

/** Gives a batch its place in the log, in place; the checksum does not cover it. */
export function stampOffset(b: Buffer, offset: bigint, leaderEpoch: number): void {
  writeInt64(b, offset, at.baseOffset)
  b.writeInt32BE(leaderEpoch, at.leaderEpoch)
}

/** Makes `timeMs` the time of all records of the batch, in place. */
export function stampLogAppendTime(b: Buffer, timeMs: bigint): void {
  b.writeInt16BE(attributes(b) | logAppendTimeBit, at.attributes)
  writeInt64(b, timeMs, at.maxTimestamp)
  b.writeUInt32BE(checksum(b), at.crc)
}

/** Leaves the records their own times, of which `maxTimestampMs` is the greatest, in place. */
export function stampCreateTime(b: Buffer, maxTimestampMs: bigint): void {
  b.writeInt16BE(attributes(b) & ~logAppendTimeBit, at.attributes)
  writeInt64(b, maxTimestampMs, at.maxTimestamp)
  b.writeUInt32BE(checksum(b), at.crc)
}

/** Gives the batches that lie one after the other in a buffer, as views; throws CORRUPT_MESSAGE where one is torn. */
export function* batches(buffer: Buffer): Generator<Buffer> {
  for (let start = 0; start < buffer.length; ) {
    const rest = buffer.length - start
    const length = rest < batchHeaderBytes ? Infinity : batchLength(buffer, start)
    if (length < batchHeaderBytes || length > rest) {
      throw new KafkaError('CORRUPT_MESSAGE', `A torn record batch, ${rest} bytes before the end.`)
    }
    yield buffer.subarray(start, start + length)
    start += length
  }
}

export const splitBatches = (buffer: Buffer): Buffer[] => [...batches(buffer)]

export interface BatchDraft {
  /** Offsets are consecutive from `baseOffset` unless the records carry their own (as after compaction). */
  readonly records: readonly RecordDraft[]
  /** The offset of the first record; by default the one that the record carries, else 0. */
  readonly baseOffset?: bigint
  /** The offset delta of the last record, or a greater one where records at the end were compacted away. */
  readonly lastOffsetDelta?: number
  readonly leaderEpoch?: number
  readonly producerId?: bigint
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly transactional?: boolean
  readonly control?: boolean
  readonly logAppendTime?: boolean
  /** The delete horizon, which takes the place of the base timestamp; this then is no record's. */
  readonly deleteHorizonMs?: bigint | null
}

export async function buildBatch(draft: BatchDraft & { readonly codec?: number }): Promise<Buffer> {
  const layout = layOut(draft)
  const codec = draft.codec ?? codecs.none
  return seal(draft, layout, codec, await compress(codec, layout.bytes))
}

/** Builds a batch without compression, which needs no waiting: the journals write it. */
export function buildPlainBatch(draft: BatchDraft): Buffer {
  const layout = layOut(draft)
  return seal(draft, layout, codecs.none, layout.bytes)
}

interface Layout {
  readonly baseOffset: bigint
  readonly lastOffsetDelta: number
  readonly baseTimestamp: bigint
  readonly maxTimestamp: bigint
  readonly bytes: Buffer
}

function layOut(draft: BatchDraft): Layout {
  const { records } = draft
  const base = draft.baseOffset ?? records[0]?.offset ?? 0n
  const baseTimestamp = draft.deleteHorizonMs ?? records[0]?.timestampMs ?? noTimestamp
  const writer = new Writer(1024)
  let delta = -1
  let maxTimestamp = noTimestamp
  for (const record of records) {
    delta = record.offset === undefined ? delta + 1 : Number(record.offset - base)
    if (record.timestampMs > maxTimestamp) maxTimestamp = record.timestampMs
    writeRecord(writer, record, record.timestampMs - baseTimestamp, delta)
  }
  const last = draft.lastOffsetDelta ?? delta
  return { baseOffset: base, lastOffsetDelta: last, baseTimestamp, maxTimestamp, bytes: writer.finish() }
}

function seal(draft: BatchDraft, layout: Layout, codec: number, body: Buffer): Buffer {
  const b = Buffer.allocUnsafe(batchHeaderBytes + body.length)
  writeInt64(b, layout.baseOffset, at.baseOffset)
  b.writeInt32BE(b.length - batchPrefixBytes, at.length)
  b.writeInt32BE(draft.leaderEpoch ?? -1, at.leaderEpoch)
  b.writeInt8(magicV2, at.magic)
  b.writeInt16BE(
    codec |
      (draft.logAppendTime ? logAppendTimeBit : 0) |
      (draft.transactional ? transactionalBit : 0) |
      (draft.control ? controlBit : 0) |
      (typeof draft.deleteHorizonMs === 'bigint' ? deleteHorizonBit : 0),
    at.attributes,
  )
  b.writeInt32BE(layout.lastOffsetDelta, at.lastOffsetDelta)
  writeInt64(b, layout.baseTimestamp, at.baseTimestamp)
  writeInt64(b, layout.maxTimestamp, at.maxTimestamp)
  writeInt64(b, draft.producerId ?? -1n, at.producerId)
  b.writeInt16BE(draft.producerEpoch ?? -1, at.producerEpoch)
  b.writeInt32BE(draft.baseSequence ?? -1, at.baseSequence)
  b.writeInt32BE(draft.records.length, at.recordCount)
  b.set(body, at.records)
  b.writeUInt32BE(checksum(b), at.crc)
  return b
}

/** The records of a batch that are left, not compressed. */
export interface Remainder {
  readonly bytes: Buffer
  readonly count: number
  /** The time to which the records' timestamps are relative. */
  readonly baseTimestampMs: bigint
  readonly maxTimestampMs: bigint
  /** The delete horizon; where it is set it is the base timestamp as well. */
  readonly horizonMs: bigint | null
}

/**
 * Builds the batch with the records that are left, in its codec: offsets, sequences and the last offset stay what they
 * were (Kafka's MemoryRecords.filterTo). Without any record only its header is left.
 */
export async function rebuildBatch(b: Buffer, left: Remainder): Promise<Buffer> {
  const codec = left.count === 0 ? codecs.none : codecOf(b)
  const body = await compress(codec, left.bytes)
  const rebuilt = Buffer.concat([b.subarray(0, at.records), body])
  rebuilt.writeInt32BE(rebuilt.length - batchPrefixBytes, at.length)
  const kept = attributes(b) & ~(codecMask | deleteHorizonBit)
  rebuilt.writeInt16BE(kept | codec | (left.horizonMs === null ? 0 : deleteHorizonBit), at.attributes)
  writeInt64(rebuilt, left.baseTimestampMs, at.baseTimestamp)
  writeInt64(rebuilt, left.maxTimestampMs, at.maxTimestamp)
  rebuilt.writeInt32BE(left.count, at.recordCount)
  rebuilt.writeUInt32BE(checksum(rebuilt), at.crc)
  return rebuilt
}

/** Returns the batch without any of its records (Kafka's DefaultRecordBatch.writeEmptyHeader). */
export function emptiedBatch(b: Buffer): Promise<Buffer> {
  const bytes = Buffer.alloc(0)
  const maxTimestampMs = maxTimestamp(b)
  return rebuildBatch(b, { bytes, count: 0, baseTimestampMs: noTimestamp, maxTimestampMs, horizonMs: null })
}

/** Decodes the records of one batch, which may be compressed; they are refused when they grow past `maxBytes`. */
export async function decodeRecords(b: Buffer, maxBytes = mostRecordBytes): Promise<Record[]> {
  const codec = codecOf(b)
  if (codec === codecs.none) return decodePlainRecords(b)
  return decodeInflated(b, await decompress(codec, recordBytes(b), maxBytes))
}

/** Decodes the records of a batch that the caller has inflated. */
export const decodeInflated = (b: Buffer, records: Buffer): Record[] =>
  readRecords(records, recordCount(b), baseOf(b))

/** Decodes the records of a batch without compression. Keys and values are views of the batch. */
export function decodePlainRecords(b: Buffer): Record[] {
  if (codecOf(b) !== codecs.none) throw new Error('decodePlainRecords was given a compressed batch')
  return readRecords(recordBytes(b), recordCount(b), baseOf(b))
}

const baseOf = (b: Buffer): RecordBase => ({
  baseOffset: baseOffset(b),
  baseTimestamp: baseTimestamp(b),
  logAppendTimeMs: isLogAppendTime(b) ? maxTimestamp(b) : null,
})
