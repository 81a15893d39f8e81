import { promisify } from 'node:util'
import { KafkaError } from './errors.js'
import { lazyPackage, once } from './lazy-package.js'
import { compressLz4, decompressLz4 } from './lz4.js'
import { compressSnappy, decompressSnappy } from './snappy.js'
import { TooLarge } from './too-large.js'
import { compressZstd, decompressZstd } from './zstd.js'

/** How the records of a batch are compressed, by the number in the batch's attributes. */
export const codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
export type Codec = (typeof codecs)[keyof typeof codecs]

/** `decompress` never yields more than `maxBytes`, and allocates little more: it throws TooLarge instead. */
interface Compression {
  compress(bytes: Buffer): Promise<Buffer>
  decompress(bytes: Buffer, maxBytes: number): Promise<Buffer>
}

const zlib = once(() => {
  const { gzip, gunzip } = lazyPackage<typeof import('node:zlib')>('node:zlib')
  return { gzip: promisify(gzip), gunzip: promisify(gunzip) }
})

const none: Compression = {
  compress: async bytes => bytes,
  decompress: async bytes => bytes,
}

const gzipCompression: Compression = {
  compress: bytes => zlib().gzip(bytes),
  decompress: (bytes, maxBytes) =>
    zlib()
      .gunzip(bytes, { maxOutputLength: maxBytes })
      .catch(error => {
        throw error.code === 'ERR_BUFFER_TOO_LARGE' ? new TooLarge() : error
      }),
}

const compressions: readonly Compression[] = [
  none,
  gzipCompression,
  { compress: compressSnappy, decompress: decompressSnappy },
  { compress: compressLz4, decompress: decompressLz4 },
  { compress: compressZstd, decompress: decompressZstd },
]

function compressionOf(codec: number): Compression {
  const found = compressions[codec]
  if (found) return found
  throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `There is no compression of number ${codec}.`)
}

export function compress(codec: number, bytes: Buffer): Promise<Buffer> {
  return compressionOf(codec).compress(bytes)
}

/** INVALID_RECORD for bytes that the codec did not write, MESSAGE_TOO_LARGE where they hold more than `maxBytes`. */
export async function decompress(codec: number, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    const result = await compressionOf(codec).decompress(bytes, Math.max(1, maxBytes))
    if (result.length > maxBytes) throw new TooLarge()
    return result
  } catch (error) {
    if (error instanceof KafkaError) throw error
    if (error instanceof TooLarge) {
      throw new KafkaError('MESSAGE_TOO_LARGE', `The records decompress to more than ${maxBytes} bytes.`)
    }
    const why = error instanceof Error ? error.message : String(error)
    throw new KafkaError('INVALID_RECORD', `The records cannot be decompressed: ${why}`)
  }
}
