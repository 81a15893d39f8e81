import type { Transform } from 'node:stream'
import { promisify } from 'node:util'
import { lazyPackage, once } from '../../loading/lazy-package.js'
import { shortBytes, streamedPieces } from './streamed-pieces.js'
import { TooLarge } from './too-large.js'
import { type ZstdFrame, zstdFrames } from './zstd-frame.js'
import { wasmZstd } from './zstd-wasm.js'

export interface Zstd {
  compress(bytes: Buffer): Promise<Buffer>
  inflate(bytes: Buffer, maxBytes: number): AsyncGenerator<Buffer>
  /** Returns the bytes that inflating holds at once. */
  holdsBytes(bytes: Buffer, maxBytes: number): number
}

/** Zstandard, by Node itself from 22.15 on, before that by WebAssembly. */
const zstd = once(() => nodeZstd() ?? wasmZstd())

export const compressZstd: Zstd['compress'] = bytes => zstd().compress(bytes)
export const zstdHoldsBytes: Zstd['holdsBytes'] = (bytes, maxBytes) => zstd().holdsBytes(bytes, maxBytes)

/**
 * Inflates the frames piece by piece. Throws before anything is inflated where their headers tell that it is too much.
 */
export async function* inflateZstd(bytes: Buffer, maxBytes: number): AsyncGenerator<Buffer> {
  let leastBytes = 0
  for (const frame of zstdFrames(bytes)) leastBytes += frame.leastBytes
  if (leastBytes > maxBytes) throw new TooLarge()
  yield* zstd().inflate(bytes, maxBytes)
}

interface NodeZstd {
  zstdCompress?(bytes: Buffer, done: (error: Error | null, result: Buffer) => void): void
  zstdDecompress?(
    bytes: Buffer,
    options: { readonly maxOutputLength: number },
    done: (error: Error | null, result: Buffer) => void,
  ): void
  createZstdDecompress?(options: { readonly chunkSize: number }): Transform
}

function nodeZstd(): Zstd | null {
  const { zstdCompress, zstdDecompress, createZstdDecompress } = lazyPackage<NodeZstd>('node:zlib')
  if (!zstdCompress || !zstdDecompress || !createZstdDecompress) return null
  const whole = promisify(zstdDecompress)
  return {
    compress: promisify(zstdCompress),
    inflate: (bytes, maxBytes) => streamedPieces(bytes, maxBytes, whole, createZstdDecompress),
    holdsBytes: bytes => largest(bytes, frame => frame.windowBytes) + 2 * shortBytes,
  }
}

function largest(bytes: Buffer, sizeOf: (frame: ZstdFrame) => number): number {
  let most = 0
  for (const frame of zstdFrames(bytes)) most = Math.max(most, sizeOf(frame))
  return most
}
