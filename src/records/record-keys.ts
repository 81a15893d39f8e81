import { MalformedMessage, Reader } from '../wire/reader.js'
import { Writer } from '../wire/writer.js'

/** The part of a record that compaction looks at. */
export interface RecordKey {
  readonly timestampDelta: bigint
  readonly offsetDelta: number
  /** The key, a view of the bytes given. */
  readonly key: Buffer | null
  /** False for a tombstone: the record deletes its key. */
  readonly hasValue: boolean
  /**
   * The positions in the bytes given at which it begins, at which the rest after the timestamp begins, and at which it
   * ends.
   */
  readonly start: number
  readonly rest: number
  readonly end: number
}

/** Gives the keys of the `count` records that lie in the bytes, without building the records. */
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

/** Returns the bytes of a record, for a batch whose base timestamp lies so much earlier. */
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
