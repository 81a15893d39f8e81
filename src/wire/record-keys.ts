import { MalformedMessage, Reader } from './reader.js'
import { Writer } from './writer.js'

/** As much of a record as compaction looks at. */
export interface RecordKey {
  readonly timestampDelta: bigint
  readonly offsetDelta: number
  /** A view of the bytes given. */
  readonly key: Buffer | null
  /** Without one the record is a tombstone: it deletes its key. */
  readonly hasValue: boolean
  /** Where it begins in the bytes given, where what follows the timestamp does, and where it ends. */
  readonly start: number
  readonly rest: number
  readonly end: number
}

/** The keys of the `count` records that lie in the bytes, without building the records. */
export function* recordKeys(bytes: Buffer, count: number): Generator<RecordKey> {
  const reader = new Reader(bytes)
  for (let i = 0; i < count; i++) {
    const start = reader.offset
    const length = reader.varint()
    const end = reader.offset + length
    if (length < 0 || end > bytes.length) throw new MalformedMessage(`a record of ${length} bytes`)
    reader.int8() // attributes
    const timestampDelta = reader.varlong()
    const rest = reader.offset
    const offsetDelta = reader.varint()
    const keyBytes = reader.varint()
    const key = keyBytes < 0 ? null : reader.bytes(keyBytes)
    yield { timestampDelta, offsetDelta, key, hasValue: reader.varint() >= 0, start, rest, end }
    reader.offset = end
  }
}

/** The bytes of a record, for a batch whose base timestamp lies so much earlier. */
export function recordLaterBy(
  shiftMs: bigint,
  bytes: Buffer,
  { start, rest, end, timestampDelta }: RecordKey,
) {
  if (shiftMs === 0n) return bytes.subarray(start, end)
  const body = new Writer(end - rest + 16)
  body.int8(0)
  body.varlong(timestampDelta + shiftMs)
  body.bytes(bytes.subarray(rest, end))
  const whole = new Writer(end - rest + 16)
  whole.varint(body.length)
  for (const chunk of body.chunks()) whole.bytes(chunk)
  return whole.finish()
}
