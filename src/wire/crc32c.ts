import { lazyPackage, once, optionalPackage } from './lazy-package.js'

interface Native {
  crc32c(bytes: Uint8Array): number
}

/** Below this size the call into native code costs more than it saves. */
const smallestNativeBytes = 256

const native = once(() => optionalPackage<Native>('@node-rs/crc32'))
const portable = once(() => lazyPackage<typeof import('crc-32/crc32c.js').default>('crc-32/crc32c.js'))

/** The CRC-32C (Castagnoli) of the bytes, unsigned: the checksum of record batches. */
export function crc32c(bytes: Uint8Array): number {
  const fast = bytes.length >= smallestNativeBytes ? native() : null
  return fast ? fast.crc32c(bytes) : portable().buf(bytes) >>> 0
}
