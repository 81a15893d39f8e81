import { lazyPackage, once, optionalPackage } from './lazy-package.js'
import { TooLarge } from './too-large.js'

interface Native {
  compressFrame(bytes: Buffer): Promise<Buffer>
  decompressFrame(bytes: Buffer): Promise<Buffer>
}

interface Portable {
  compressBlock(from: Uint8Array, to: Uint8Array, start: number, length: number, table: Uint32Array): number
  /** Writes to `to` from `at` on, and returns where it ended; what does not fit is dropped. */
  decompressBlock(from: Uint8Array, to: Uint8Array, start: number, length: number, at: number): number
}

interface XxHash {
  hash(seed: number, bytes: Uint8Array, start: number, length: number): number
}

const native = optionalPackage<Native>('lz4-napi')
const portable = once(() => lazyPackage<Portable>('lz4js'))
const xxHash = once(() => lazyPackage<XxHash>('lz4js/xxh32.js'))

/** No LZ4 block of n bytes holds more than this times n. */
const greatestRatio = 255

/**
 * Compresses into an LZ4 frame. Its blocks do not refer to each other, because Kafka's Java client
 * reads no other frames.
 */
export async function compressLz4(bytes: Buffer): Promise<Buffer> {
  return native()?.compressFrame(bytes) ?? compressPortably(bytes)
}

/** Reads an LZ4 frame; natively where its size alone rules out that it holds more than `maxBytes`. */
export async function decompressLz4(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const fast = greatestRatio * bytes.length <= maxBytes ? native() : null
  return fast ? fast.decompressFrame(bytes) : decompressPortably(bytes, maxBytes)
}

/*
 * A frame, all numbers little-endian:
 *
 *     uint32 magic | flags | block size | 8 content size, if flagged | header checksum
 *     | each block: uint32 length (greatest bit: not compressed), bytes, 4 checksum, if flagged
 *     | uint32 0 | 4 content checksum, if flagged
 *
 * The checksums are not looked at: the record batch has its own, and has passed it.
 */
const magic = 0x184d2204
const flags = { version: 0x40, independent: 0x20, blockChecksum: 0x10, contentSize: 0x08 } as const
const versionMask = 0xc0
const stored = 0x80000000
const blockBytesById = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024]
const writtenBlockId = 4

export function decompressPortably(frame: Buffer, maxBytes: number): Buffer {
  const { offset, blockChecksum } = readHeader(frame)
  const blocks = blocksOf(frame, offset, blockChecksum)
  const most = blocks.reduce((sum, { bytes, plain }) => sum + bytes.length * (plain ? 1 : greatestRatio), 0)
  const output = Buffer.alloc(Math.min(most, maxBytes))
  let end = 0
  for (const { bytes, plain } of blocks) {
    if (plain) {
      output.set(bytes.subarray(0, Math.max(0, output.length - end)), end)
      end += bytes.length
    } else {
      end = portable().decompressBlock(bytes, output, 0, bytes.length, end)
    }
    if (end > maxBytes) throw new TooLarge()
  }
  return output.subarray(0, end)
}

function readHeader(frame: Buffer): { offset: number; blockChecksum: boolean } {
  if (frame.readUInt32LE(0) !== magic) throw new Error('this is no LZ4 frame')
  const flag = frame.readUInt8(4)
  if ((flag & versionMask) !== flags.version) throw new Error(`an LZ4 frame with flags ${flag}`)
  return {
    offset: 7 + (flag & flags.contentSize ? 8 : 0),
    blockChecksum: (flag & flags.blockChecksum) !== 0,
  }
}

interface Block {
  readonly bytes: Buffer
  readonly plain: boolean
}

function blocksOf(frame: Buffer, start: number, blockChecksum: boolean): Block[] {
  const blocks: Block[] = []
  for (let offset = start; ; ) {
    const word = frame.readUInt32LE(offset)
    if (word === 0) return blocks
    const length = (word & ~stored) >>> 0
    const bytes = frame.subarray(offset + 4, offset + 4 + length)
    if (bytes.length < length) throw new Error(`an LZ4 block of ${length} bytes is cut off`)
    blocks.push({ bytes, plain: word >= stored })
    offset += 4 + length + (blockChecksum ? 4 : 0)
  }
}

export function compressPortably(bytes: Buffer): Buffer {
  const header = Buffer.alloc(7)
  header.writeUInt32LE(magic, 0)
  header[4] = flags.version | flags.independent
  header[5] = writtenBlockId << 4
  header[6] = xxHash().hash(0, header, 4, 2) >>> 8
  const parts: Buffer[] = [header]
  const blockBytes = blockBytesById[writtenBlockId] as number
  for (let start = 0; start < bytes.length; start += blockBytes) {
    parts.push(...compressBlock(bytes.subarray(start, start + blockBytes)))
  }
  parts.push(Buffer.alloc(4))
  return Buffer.concat(parts)
}

function compressBlock(block: Buffer): [length: Buffer, bytes: Buffer] {
  const output = Buffer.allocUnsafe(block.length + Math.ceil(block.length / greatestRatio) + 16)
  const size = portable().compressBlock(block, output, 0, block.length, new Uint32Array(1 << 16))
  const length = Buffer.alloc(4)
  const shrunk = size > 0 && size < block.length
  length.writeUInt32LE(shrunk ? size : block.length + stored)
  return [length, shrunk ? output.subarray(0, size) : block]
}
