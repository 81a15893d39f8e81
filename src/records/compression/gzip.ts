import { promisify } from 'node:util'
import { lazyPackage, once } from '../../loading/lazy-package.js'
import { shortBytes, streamedPieces } from './streamed-pieces.js'

const zlib = once(() => {
  const { gzip, gunzip, createGunzip } = lazyPackage<typeof import('node:zlib')>('node:zlib')
  return { gzip: promisify(gzip), gunzip: promisify(gunzip), createGunzip }
})

/**
 * The bytes that inflating holds at once: pieces of a short batch and their whole, or a few pieces and zlib's window.
 */
export const gzipHoldsBytes = 2 * shortBytes

export const compressGzip = (bytes: Buffer): Promise<Buffer> => zlib().gzip(bytes)

/** Inflates the members of a gzip file, piece by piece. */
export const inflateGzip = (bytes: Buffer, maxBytes: number): AsyncGenerator<Buffer> =>
  streamedPieces(bytes, maxBytes, zlib().gunzip, zlib().createGunzip)
