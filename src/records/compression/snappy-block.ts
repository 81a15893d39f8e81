import { Reader } from '../../wire/reader.js'

/** So many bytes are inflated without a pause; they take about a millisecond. */
const pieceBytes = 256 * 1024

/**
 * Inflates a block of snappy in JavaScript, and gives it in pieces, between which others may be served:
 *
 *     varint number of bytes that it holds
 *     | each: tag, of which the last two bits are 0  a literal: bits 2-7 its length - 1; from 60 on that is in 1 to 4 bytes more
 *                                             1  a copy: bits 2-4 its length - 4, bits 5-7 and 1 byte how far back
 *                                             2  a copy: bits 2-7 its length - 1, 2 bytes how far back
 *                                             3  a copy: the same with 4 bytes
 */
export function* inflateSnappyBlock(block: Buffer): Generator<Buffer> {
  const reader = new Reader(block)
  const output = Buffer.allocUnsafe(reader.unsignedVarint())
  let at = reader.offset
  let end = 0
  for (let given = 0; at < block.length; ) {
    const tag = block[at++] as number
    if ((tag & 3) === 0) {
      const more = Math.max(0, (tag >> 2) - 59)
      const length = (more === 0 ? tag >> 2 : block.readUIntLE(at, more)) + 1
      at += more
      if (at + length > block.length || end + length > output.length)
        throw new Error('a snappy literal is too long')
      block.copy(output, end, at, at + length)
      at += length
      end += length
    } else {
      const length = (tag & 3) === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
      const back = distance(block, at, tag)
      at += [0, 1, 2, 4][tag & 3] as number
      if (back === 0 || back > end)
        throw new Error(`a snappy copy reaches ${back} bytes back, at byte ${end}`)
      if (end + length > output.length) throw new Error('a snappy block holds more than it says')
      for (const stop = end + length; end < stop; end++) output[end] = output[end - back] as number
    }
    if (end - given < pieceBytes && at < block.length) continue
    yield output.subarray(given, end)
    given = end
  }
  if (end < output.length) throw new Error('a snappy block holds less than it says')
}

function distance(block: Buffer, at: number, tag: number): number {
  switch (tag & 3) {
    case 1:
      return ((tag >> 5) << 8) | block.readUInt8(at)
    case 2:
      return block.readUInt16LE(at)
    default:
      return block.readUInt32LE(at)
  }
}
