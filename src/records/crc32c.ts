import portable from 'crc-32/crc32c.js'
import { optionalPackage } from '../loading/lazy-package.js'

interface Native {
  crc32c(bytes: Uint8Array): number
}

/** Below this size the call into native code costs more than it saves. */
const smallestNativeBytes = 256
/**
 * Native code takes as long to load as the portable one takes for some megabytes: more than a start, or most tests,
 * ever write.
 */
const worthLoadingBytes = 1 << 20

/**
 * The native package, in exactly the version of package.json: the next one takes four times as long (bench/NOTES.md).
 */
const native = optionalPackage<Native>('@node-rs/crc32')

let bytesSoFar = 0

/** Returns the CRC-32C (Castagnoli) of the bytes, unsigned: the checksum of record batches. */
export function crc32c(bytes: Uint8Array): number {
  const fast = bytes.length >= smallestNativeBytes ? nativeIfWorth(bytes.length) : null
  return fast ? fast.crc32c(bytes) : portable.buf(bytes) >>> 0
}

function nativeIfWorth(bytes: number): Native | null {
  if (bytesSoFar >= worthLoadingBytes) return native()
  bytesSoFar += bytes
  return null
}
