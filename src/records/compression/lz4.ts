import { lazyPackage, once, optionalPackage } from '../../loading/lazy-package.js'

interface Native {
  compressFrame(bytes: Buffer): Promise<Buffer>
  decompressFrame(bytes: Buffer): Promise<Buffer>
}

interface Portable {
  compressBlock(from: Uint8Array, to: Uint8Array, start: number, length: number, table: Uint32Array): number
  /** Writes to `to` from `at` on, and returns where it ended; bytes that do not fit are dropped. */
  decompressBlock(from: Uint8Array, to: Uint8Array, start: number, length: number, at: number): number
}

interface XxHash {
  hash(seed: number, bytes: Uint8Array, start: number, length: number): number
}

const native = optionalPackage<Native>('lz4-napi')
const portable = once(() => lazyPackage<Portable>('lz4js'))
const xxHash = once(() => lazyPackage<XxHash>('lz4js/xxh32.js'))

/**
 * Compresses into an LZ4 frame. Its blocks do not refer to each other, because Kafka's Java client reads no other
 * frames.
 */
export async function compressLz4(bytes: Buffer): Promise<Buffer> {
  return native()?.compressFrame(bytes) ?? compressPortably(bytes)
}

/** A block of n bytes holds no more than this times n. */
const greatestRatio = 255
/** So many bytes are inflated in one call of the native package, which works in threads of its own. */
const nativeBytes = 1 << 20
/** A match lies no further back than this. */
const windowBytes = 64 * 1024

/** The bytes that inflating holds at once, whatever the frame is. */
export const lz4HoldsBytes = 2 * 4 * 1024 * 1024

/**
 * Inflates a frame, some of its blocks at a time. Where they do not refer to each other, which is what Kafka's clients
 * write, they go to the native package as frames of their own.
 */
export async function* inflateLz4(frame: Buffer): AsyncGenerator<Buffer> {
  const header = readHeader(frame)
  const fast = header.independent ? native() : null
  if (!fast) return yield* inflatePortably(frame)
  for (const blocks of groups(blocksOf(frame, header))) {
    yield await fast.decompressFrame(frameOf(blocks, header))
  }
}

/*
 * A frame, all numbers little-endian:
 *
 *     uint32 magic | flags | block size | 8 content size, if flagged | header checksum
 *     | each block: uint32 length (greatest bit: not compressed), bytes, 4 checksum, if flagged
 *     | uint32 0 | 4 content checksum, if flagged
 *
 * The checksums of blocks and content are not looked at: the record batch has its own, and has passed it. What follows
 * the end of the frame is not looked at either.
 */
const magic = 0x184d2204
const flags = { version: 0x40, independent: 0x20, blockChecksum: 0x10, contentSize: 0x08 } as const
const versionMask = 0xc0
const stored = 0x80000000
const blockBytesById = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024]
const writtenBlockId = 4

/**
 * Inflates without the native package, a block at a time, each after the window that its matches may reach back into.
 */
export function* inflatePortably(frame: Buffer): Generator<Buffer> {
  const header = readHeader(frame)
  let before = Buffer.alloc(0)
  for (const { bytes, plain, mostBytes } of blocksOf(frame, header)) {
    if (plain && header.independent) {
      yield bytes
      continue
    }
    const output = Buffer.alloc(before.length + mostBytes)
    output.set(before)
    const end = plain
      ? before.length + bytes.copy(output, before.length)
      : portable().decompressBlock(bytes, output, 0, bytes.length, before.length)
    if (end > output.length) throw new Error('an LZ4 block is larger than it may be')
    yield output.subarray(before.length, end)
    if (!header.independent) before = output.subarray(Math.max(0, end - windowBytes), end)
  }
}

interface Header {
  /** The most bytes that a block holds. */
  readonly blockBytes: number
  readonly independent: boolean
  readonly blockChecksum: boolean
  /** The offset at which the first block begins. */
  readonly end: number
}

function readHeader(frame: Buffer): Header {
  if (frame.readUInt32LE(0) !== magic) throw new Error('this is no LZ4 frame')
  const flag = frame.readUInt8(4)
  if ((flag & versionMask) !== flags.version) throw new Error(`an LZ4 frame with flags ${flag}`)
  const blockBytes = blockBytesById[frame.readUInt8(5) >> 4] ?? 0
  if (blockBytes === 0) throw new Error(`an LZ4 frame with block size ${frame.readUInt8(5)}`)
  const end = 7 + (flag & flags.contentSize ? 8 : 0)
  if (frame.readUInt8(end - 1) !== headerChecksum(frame.subarray(4, end - 1))) {
    throw new Error('the header of an LZ4 frame does not have the checksum that it tells')
  }
  return {
    blockBytes,
    independent: (flag & flags.independent) !== 0,
    blockChecksum: (flag & flags.blockChecksum) !== 0,
    end,
  }
}

const headerChecksum = (bytes: Buffer): number => (xxHash().hash(0, bytes, 0, bytes.length) >>> 8) & 0xff

interface Block {
  readonly bytes: Buffer
  readonly plain: boolean
  /** The most bytes that it can hold. */
  readonly mostBytes: number
}

/** Gives the blocks of a frame. Throws where the frame is cut off. */
function* blocksOf(frame: Buffer, { end, blockBytes, blockChecksum }: Header): Generator<Block> {
  for (let offset = end; ; ) {
    const word = frame.readUInt32LE(offset)
    if (word === 0) return
    const length = (word & ~stored) >>> 0
    if (length > blockBytes) throw new Error(`an LZ4 block of ${length} bytes`)
    const bytes = frame.subarray(offset + 4, offset + 4 + length)
    if (bytes.length < length) throw new Error(`an LZ4 block of ${length} bytes is cut off`)
    const plain = word >= stored
    if (length > 0)
      yield { bytes, plain, mostBytes: plain ? length : Math.min(blockBytes, greatestRatio * length) }
    offset += 4 + length + (blockChecksum ? 4 : 0)
  }
}

/** Groups neighbours that hold no more than `nativeBytes` together; a larger block is a group of its own. */
function* groups(blocks: Iterable<Block>): Generator<Block[]> {
  let group: Block[] = []
  let bytes = 0
  for (const block of blocks) {
    if (group.length > 0 && bytes + block.mostBytes > nativeBytes) {
      yield group
      group = []
      bytes = 0
    }
    group.push(block)
    bytes += block.mostBytes
  }
  if (group.length > 0) yield group
}

function frameOf(blocks: readonly Block[], { blockBytes }: Header): Buffer {
  const parts = [headerOf(blockBytesById.indexOf(blockBytes))]
  for (const { bytes, plain } of blocks) {
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32LE(bytes.length + (plain ? stored : 0))
    parts.push(length, bytes)
  }
  parts.push(Buffer.alloc(4))
  return Buffer.concat(parts)
}

/** Returns the header of a frame of independent blocks, without any checksum but its own. */
function headerOf(blockId: number): Buffer {
  const header = Buffer.alloc(7)
  header.writeUInt32LE(magic, 0)
  header[4] = flags.version | flags.independent
  header[5] = blockId << 4
  header[6] = headerChecksum(header.subarray(4, 6))
  return header
}

export function compressPortably(bytes: Buffer): Buffer {
  const parts: Buffer[] = [headerOf(writtenBlockId)]
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
