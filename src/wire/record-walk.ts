import { KafkaError } from './errors.js'

/** Told of each record: how far it is from the base timestamp (exact up to 2^53 ms), and whether it has a key. */
export type SeeRecord = (index: number, timestampDeltaMs: number, hasKey: boolean) => void

/**
 * Checks that the bytes hold exactly `count` well-formed records with consecutive offset deltas, as
 * they must in a batch that a client sends. Builds nothing: it runs over every record produced.
 */
export function walkRecords(bytes: Buffer, count: number, see: SeeRecord): void {
  const walk = new Walk(bytes)
  for (let i = 0; i < count; i++) walk.record(i, see)
  if (walk.offset !== bytes.length) refuse(`${bytes.length - walk.offset} bytes lie after the last record`)
}

class Walk {
  offset = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  record(index: number, see: SeeRecord): void {
    const length = this.#varint()
    const end = this.offset + length
    if (length < 0 || end > this.#bytes.length) refuse(`record ${index} has a length of ${length}`)
    this.offset++ // attributes, which mean nothing yet
    const timestampDeltaMs = this.#varlong()
    const delta = this.#varint()
    if (delta !== index) refuse(`record ${index} has an offset delta of ${delta}`)
    const hasKey = this.#skipNullable()
    this.#skipNullable() // value
    const headers = this.#varint()
    if (headers < 0) refuse(`record ${index} has ${headers} headers`)
    for (let i = 0; i < headers; i++) {
      if (this.offset >= end) refuse(`record ${index} has fewer than ${headers} headers`)
      this.#skip(this.#varint()) // key
      this.#skipNullable() // value
    }
    if (this.offset !== end) refuse(`record ${index} does not end where its length says`)
    see(index, timestampDeltaMs, hasKey)
  }

  #skipNullable(): boolean {
    const length = this.#varint()
    if (length !== -1) this.#skip(length)
    return length !== -1
  }

  #skip(length: number): void {
    if (length < 0) refuse('a length in a record is negative')
    this.offset += length
  }

  #varint(): number {
    const bytes = this.#bytes
    let raw = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[this.offset++]
      if (byte === undefined) break
      raw |= (byte & 0x7f) << shift
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1)
    }
    return refuse('a varint in a record does not end')
  }

  #varlong(): number {
    let raw = 0
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.#bytes[this.offset++]
      if (byte === undefined) break
      raw += (byte & 0x7f) * scale
      if (byte < 0x80) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
    }
    return refuse('a varlong in a record does not end')
  }
}

function refuse(why: string): never {
  throw new KafkaError('INVALID_RECORD', `The record batch is malformed: ${why}.`)
}
