import { batchHeaderBytes, batchPrefixBytes, magicV2 } from '../records/record-batch.js'

const lengthAt = 8
/** The position of the version in a header. */
export const magicAt = 16
const lastDeltaAt = 23

/**
 * Reads the headers of a segment's batches where they lie. Offsets are relative to the segment's base: they are small
 * numbers, so that no bigint is made for each batch.
 *
 * The checksum of a batch does not cover its length, offset and magic. This class checks them: a batch is of version 2,
 * no shorter than its header, and its offsets follow those before it.
 */
export class BatchHeaders {
  readonly #high: number
  readonly #low: number

  constructor(base: bigint) {
    this.#high = Number(base >> 32n)
    this.#low = Number(base & 0xffffffffn)
  }

  /** The bytes of the batch that begins here with no offset before `least`; 0 where none can begin. */
  lengthAt(bytes: Buffer, at: number, least: number): number {
    if (bytes.length - at < batchHeaderBytes) return 0
    const length = batchPrefixBytes + bytes.readInt32BE(at + lengthAt)
    const isOne =
      length >= batchHeaderBytes &&
      bytes[at + magicAt] === magicV2 &&
      this.first(bytes, at) >= least &&
      bytes.readInt32BE(at + lastDeltaAt) >= 0
    return isOne ? length : 0
  }

  /** The offset of the batch's first record. */
  first(bytes: Buffer, at: number): number {
    return (bytes.readInt32BE(at) - this.#high) * 2 ** 32 + (bytes.readUInt32BE(at + 4) - this.#low)
  }

  /** The offset after the batch's last record. */
  end(bytes: Buffer, at: number): number {
    return this.first(bytes, at) + bytes.readInt32BE(at + lastDeltaAt) + 1
  }
}
