import { promisify } from 'node:util'
import { lazyPackage, once, onceLoaded } from './lazy-package.js'
import { TooLarge } from './too-large.js'

interface Zstd {
  compress(bytes: Buffer): Promise<Buffer>
  decompress(bytes: Buffer, maxBytes: number): Promise<Buffer>
}

/** Zstandard, by Node itself from 22.15 on, before by WebAssembly. */
const zstd = once(() => byNode() ?? byWasm())

export const compressZstd: Zstd['compress'] = bytes => zstd().compress(bytes)
export const decompressZstd: Zstd['decompress'] = (bytes, maxBytes) => zstd().decompress(bytes, maxBytes)

type Callback = (error: Error | null, result: Buffer) => void
interface NodeZstd {
  zstdCompress?(bytes: Buffer, done: Callback): void
  zstdDecompress?(bytes: Buffer, options: { maxOutputLength: number }, done: Callback): void
}

function byNode(): Zstd | null {
  const { zstdCompress, zstdDecompress } = lazyPackage<NodeZstd>('node:zlib')
  if (!zstdCompress || !zstdDecompress) return null
  const decompress = promisify(zstdDecompress)
  return {
    compress: promisify(zstdCompress),
    decompress: (bytes, maxBytes) =>
      decompress(bytes, { maxOutputLength: maxBytes }).catch(error => {
        throw error.code === 'ERR_BUFFER_TOO_LARGE' ? new TooLarge() : error
      }),
  }
}

interface Wasm {
  init(): Promise<void>
  compress(bytes: Uint8Array): Uint8Array
  decompress(bytes: Uint8Array, options: { defaultHeapSize: number }): Uint8Array
}

function byWasm(): Zstd {
  const wasm = lazyPackage<Wasm>('@bokuweb/zstd-wasm')
  const ready = onceLoaded(() => wasm.init())
  return {
    async compress(bytes) {
      await ready()
      return asBuffer(wasm.compress(bytes))
    },
    async decompress(bytes, maxBytes) {
      await ready()
      const size = contentSize(bytes)
      if (size !== null && size > maxBytes) throw new TooLarge()
      return size === null ? decompressUnsized(wasm, bytes, maxBytes) : decompressInto(wasm, bytes, size)
    },
  }
}

const magic = 0xfd2fb528
/** How the library reports that the output does not fit. */
const outputTooSmall = /-70\b/

/** A frame written as a stream does not tell its size: try larger and larger outputs. */
function decompressUnsized(wasm: Wasm, bytes: Buffer, maxBytes: number): Buffer {
  for (let size = Math.max(64 * 1024, 8 * bytes.length); ; size *= 4) {
    try {
      return decompressInto(wasm, bytes, Math.min(size, maxBytes))
    } catch (error) {
      if (!(error instanceof Error && outputTooSmall.test(error.message))) throw error
      if (size >= maxBytes) throw new TooLarge()
    }
  }
}

const decompressInto = (wasm: Wasm, bytes: Buffer, size: number): Buffer =>
  asBuffer(wasm.decompress(bytes, { defaultHeapSize: size }))

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/**
 * What the header of a frame says about the size of its content, null where it says nothing. The
 * library allocates what it reads there, so it is looked at first (RFC 8878, 3.1.1.1):
 *
 *     4 magic | 1 descriptor | 0-1 window | 0-4 dictionary id | 0-8 content size
 */
function contentSize(frame: Buffer): number | null {
  if (frame.readUInt32LE(0) !== magic) throw new Error('this is no zstd frame')
  const descriptor = frame.readUInt8(4)
  const singleSegment = (descriptor & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number
  const offset = 5 + (singleSegment ? 0 : 1) + dictionaryBytes
  switch (descriptor >> 6) {
    case 0:
      return singleSegment ? frame.readUInt8(offset) : null
    case 1:
      return frame.readUInt16LE(offset) + 256
    case 2:
      return frame.readUInt32LE(offset)
    default:
      return Number(frame.readBigUInt64LE(offset))
  }
}
