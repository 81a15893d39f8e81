import portable from 'crc-32/crc32c.js'
import { optionalPackage } from './optional-package.js'

interface Native {
  crc32c(bytes: Uint8Array): number
}

/** Below this size the call into native code costs more than it saves. */
const smallestNativeBytes = 256

let native: Native | null | undefined

/** The CRC-32C (Castagnoli) of the bytes, unsigned: the checksum of record batches. */
export function crc32c(bytes: Uint8Array): number {
  if (bytes.length >= smallestNativeBytes) {
    if (native === undefined) native = optionalPackage<Native>('@node-rs/crc32')
    if (native) return native.crc32c(bytes)
  }
  return portable.buf(bytes) >>> 0
}
