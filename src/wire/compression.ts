import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { KafkaError } from './errors.js'

export const codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
export type Codec = (typeof codecs)[keyof typeof codecs]

export async function compress(codec: Codec, bytes: Buffer): Promise<Buffer> {
  if (codec === codecs.none) return bytes
  if (codec === codecs.gzip) return promisify(gzip)(bytes)
  throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE')
}

export async function decompress(codec: Codec, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  if (codec === codecs.none) return bytes
  if (codec === codecs.gzip) return promisify(gunzip)(bytes, { maxOutputLength: maxBytes })
  throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE')
}
