import { MalformedMessage, Reader } from './reader.js'

/** As much of a record as compaction looks at. */
export interface RecordKey {
  readonly offsetDelta: number
  /** A view of the bytes given. */
  readonly key: Buffer | null
  /** Without one the record is a tombstone: it deletes its key. */
  readonly hasValue: boolean
}

/** The keys of the `count` records that lie in the bytes, without building the records. */
export function* recordKeys(bytes: Buffer, count: number): Generator<RecordKey> {
  const reader = new Reader(bytes)
  for (let i = 0; i < count; i++) {
    const length = reader.varint()
    const end = reader.offset + length
    if (length < 0 || end > bytes.length) throw new MalformedMessage(`a record of ${length} bytes`)
    reader.int8() // attributes
    reader.varlong() // timestamp delta
    const offsetDelta = reader.varint()
    const keyBytes = reader.varint()
    const key = keyBytes < 0 ? null : reader.bytes(keyBytes)
    yield { offsetDelta, key, hasValue: reader.varint() >= 0 }
    reader.offset = end
  }
}
