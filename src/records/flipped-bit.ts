import { crc32c } from './crc32c.js'
import { batchLength, checkedFrom, crcOf, stampCrc } from './record-batch.js'

/** The polynomial of CRC-32C, its bits in the order in which the checksum holds them. */
const polynomial = 0x82f63b78
/** At most one in 30,000 batches up to this size looks like one with a flipped bit when it is damaged otherwise. */
const mostBytes = 16 * 1024

/**
 * Returns a batch as it was before one of its bits was flipped; null where more than that is wrong with it, or it is
 * long. Each bit that is flipped changes the checksum in a way of its own: the last one by the polynomial, each before
 * it by the polynomial after one more step. So the difference of the checksums tells which bit it was.
 */
export function withoutFlippedBit(b: Buffer): Buffer | null {
  const length = batchLength(b)
  if (length > mostBytes) return null
  const mended = Buffer.from(b)
  const difference = (crc32c(b.subarray(checkedFrom, length)) ^ crcOf(b)) >>> 0
  if ((difference & (difference - 1)) === 0) {
    stampCrc(mended) // the bit is one of the checksum's own
    return mended
  }
  let effect = polynomial
  for (let at = length - 1; at >= checkedFrom; at--) {
    for (let bit = 7; bit >= 0; bit--) {
      if (effect === difference) {
        mended[at] = (mended[at] as number) ^ (1 << bit)
        return mended
      }
      effect = ((effect >>> 1) ^ (effect & 1 ? polynomial : 0)) >>> 0
    }
  }
  return null
}
