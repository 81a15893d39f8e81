import { KafkaError } from './errors.js'
import { MalformedMessage, Reader } from './reader.js'
import { Writer } from './writer.js'

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

/** A record yet to be written; where `offset` is left out it follows the one before. */
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
  const keyBytes = record.key?.length ?? 0
  const valueBytes = record.value?.length ?? 0
  const body = new Writer(keyBytes + valueBytes + 64)
  body.int8(0)
  body.varlong(timestampDelta)
  body.varint(offsetDelta)
  writeNullable(body, record.key)
  writeNullable(body, record.value)
  const headers = record.headers ?? []
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

function writeNullable(writer: Writer, value: Uint8Array | null): void {
  writer.varint(value === null ? -1 : value.length)
  if (value !== null) writer.bytes(value)
}

/** What the records of a batch are relative to. */
export interface RecordBase {
  readonly baseOffset: bigint
  readonly baseTimestamp: bigint
  /** Every record's time where the broker stamped the batch (LogAppendTime), else null. */
  readonly logAppendTimeMs: bigint | null
}

/** All `count` records of a batch; INVALID_RECORD when they are not exactly what the bytes hold. */
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
  // Two bytes each at least, so that a lying count is refused before anything is built.
  if (count < 0 || 2 * count > reader.remaining) throw new MalformedMessage(`${count} headers in a record`)
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    headers.push({ key: reader.string(reader.varint()), value: readNullable(reader) })
  }
  return headers
}
