import { lazyPackage, once, optionalPackage } from '../../loading/lazy-package.js'
import { Reader } from '../../wire/reader.js'
import { inflateSnappyBlock } from './snappy-block.js'
import { TooLarge } from './too-large.js'

/*
 * Kafka's clients send snappy in two forms: librdkafka a bare block, Java and most others a row of blocks in the frame
 * of the xerial library:
 *
 *     0x82 "SNAPPY" 0x00 | int32 version (1) | int32 oldest compatible version (1)
 *     | each block: int32 length, block
 */
const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const frameHeader = Buffer.concat([magic, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
/** The xerial library puts so many bytes into one block. */
const blockBytes = 32 * 1024
/** A block of n bytes cannot hold more than this times n: 64 bytes per 3 of a copy. */
const greatestRatio = 22

interface Native {
  compress(bytes: Buffer): Promise<Buffer>
  uncompress(bytes: Buffer): Promise<Buffer>
}

interface Portable {
  compress(bytes: Buffer): Buffer
}

const native = optionalPackage<Native>('snappy')
const portable = once(() => lazyPackage<Portable>('snappyjs'))

/** Compresses into the xerial frame, which every client reads. */
export async function compressSnappy(bytes: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [frameHeader]
  for (let start = 0; start < bytes.length; start += blockBytes) {
    const block = await (native() ?? portable()).compress(bytes.subarray(start, start + blockBytes))
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

/** Inflates the bytes, block by block. */
export async function* inflateSnappy(bytes: Buffer, maxBytes: number): AsyncGenerator<Buffer> {
  let left = maxBytes
  for (const block of blocksOf(bytes)) {
    const size = sizeOf(block)
    if (size > left) throw new TooLarge()
    left -= size
    const fast = native()
    if (fast) yield await fast.uncompress(block)
    else yield* inflateSnappyBlock(block)
  }
}

/** Returns the bytes that inflating holds at once: those of the largest block. */
export function snappyHoldsBytes(bytes: Buffer): number {
  let most = 0
  for (const block of blocksOf(bytes)) most = Math.max(most, sizeOf(block))
  return most
}

/** Gives the blocks. Throws where one is cut off. */
function* blocksOf(bytes: Buffer): Generator<Buffer> {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    yield bytes
    return
  }
  const reader = new Reader(bytes)
  reader.bytes(frameHeader.length)
  while (reader.remaining > 0) yield reader.bytes(reader.int32())
}

/** Reads a block's uncompressed size, with which it begins. It is checked first because so much will be allocated. */
function sizeOf(block: Buffer): number {
  const size = new Reader(block).unsignedVarint()
  if (size > greatestRatio * block.length)
    throw new Error(`a snappy block of ${block.length} bytes claims to hold ${size}`)
  return size
}
