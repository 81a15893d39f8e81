import { KafkaError } from '../wire/errors.js'
import { MalformedMessage, Reader } from '../wire/reader.js'
import { Writer } from '../wire/writer.js'

/**
 * One record of a batch of format v2:
 *
 *     varint length of what follows | int8 attributes (0) | varlong timestamp delta | varint offset delta
 *     | varint key length, key | varint value length, value
 *     | varint number of headers | each: varint key length, key, varint value length, value
 *
 * All varints are zig-zag encoded; a length of -1 is null.
 */
export interface Record {
  readonly offset: bigint
  readonly timestampMs: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** A record that is to be written; where `offset` is left out it follows the one before. */
export interface RecordDraft {
  readonly offset?: bigint
  readonly timestampMs: bigint
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

export function writeRecord(
  writer: Writer,
  record: RecordDraft,
  timestampDelta: bigint,
  offsetDelta: number,
): void {
  const { key, value, headers = [] } = record
  if (headers.length > 0) {
    writeWithHeaders(writer, { ...record, headers }, timestampDelta, offsetDelta)
    return
  }
  // The length of a record without headers is quickly computed, so that it needs no buffer of its own.
  const fixed = 2 + varlongBytes(timestampDelta) + varintBytes(offsetDelta)
  writer.varint(fixed + nullableBytes(key) + nullableBytes(value))
  writer.int8(0)
  writer.varlong(timestampDelta)
  writer.varint(offsetDelta)
  writeNullable(writer, key)
  writeNullable(writer, value)
  writer.varint(0)
}

function writeWithHeaders(
  writer: Writer,
  { key, value, headers }: Required<Pick<RecordDraft, 'key' | 'value' | 'headers'>>,
  timestampDelta: bigint,
  offsetDelta: number,
): void {
  const body = new Writer((key?.length ?? 0) + (value?.length ?? 0) + 64)
  body.int8(0)
  body.varlong(timestampDelta)
  body.varint(offsetDelta)
  writeNullable(body, key)
  writeNullable(body, value)
  body.varint(headers.length)
  for (const { key, value } of headers) {
    const length = Buffer.byteLength(key)
    body.varint(length)
    body.string(key, length)
    writeNullable(body, value)
  }
  writer.varint(body.length)
  for (const chunk of body.chunks()) writer.bytes(chunk)
}

const nullableBytes = (value: Uint8Array | null): number =>
  value === null ? 1 : varintBytes(value.length) + value.length

function varintBytes(value: number): number {
  const zigZag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigZag < 0x80) return 1
  if (zigZag < 0x4000) return 2
  if (zigZag < 0x200000) return 3
  return zigZag < 0x10000000 ? 4 : 5
}

function varlongBytes(value: bigint): number {
  if (value === 0n) return 1
  let bytes = 1
  for (let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)); left >= 0x80n; left >>= 7n) bytes++
  return bytes
}

function writeNullable(writer: Writer, value: Uint8Array | null): void {
  writer.varint(value === null ? -1 : value.length)
  if (value !== null) writer.bytes(value)
}

/** The values to which the records of a batch are relative. */
export interface RecordBase {
  readonly baseOffset: bigint
  readonly baseTimestamp: bigint
  /** Every record's time where the broker stamped the batch (LogAppendTime), else null. */
  readonly logAppendTimeMs: bigint | null
}

/** Reads all `count` records of a batch; throws INVALID_RECORD when they are not exactly what the bytes hold. */
export function readRecords(bytes: Buffer, count: number, base: RecordBase): Record[] {
  try {
    const reader = new Reader(bytes)
    const records: Record[] = []
    for (let i = 0; i < count; i++) records.push(readRecord(reader, base))
    if (reader.remaining > 0) throw new MalformedMessage(`${reader.remaining} bytes after the last record`)
    return records
  } catch (error) {
    if (error instanceof MalformedMessage) throw new KafkaError('INVALID_RECORD', error.message)
    throw error
  }
}

function readRecord(reader: Reader, base: RecordBase): Record {
  const length = reader.varint()
  if (length < 0 || length > reader.remaining) throw new MalformedMessage(`a record of ${length} bytes`)
  const end = reader.offset + length
  reader.int8()
  const timestampDelta = reader.varlong()
  const offsetDelta = reader.varint()
  const record = {
    offset: base.baseOffset + BigInt(offsetDelta),
    timestampMs: base.logAppendTimeMs ?? base.baseTimestamp + timestampDelta,
    key: readNullable(reader),
    value: readNullable(reader),
    headers: readHeaders(reader),
  }
  if (reader.offset !== end) throw new MalformedMessage(`a record that does not end where its length says`)
  return record
}

function readNullable(reader: Reader): Buffer | null {
  const length = reader.varint()
  return length === -1 ? null : reader.bytes(length)
}

function readHeaders(reader: Reader): RecordHeader[] {
  const count = reader.varint()
  // Each has two bytes at least, so that a lying count is refused before anything is built.
  if (count < 0 || 2 * count > reader.remaining) throw new MalformedMessage(`${count} headers in a record`)
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    headers.push({ key: reader.string(reader.varint()), value: readNullable(reader) })
  }
  return headers
}
