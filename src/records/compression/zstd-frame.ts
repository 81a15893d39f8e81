/**
 * The headers of zstd frames tell their sizes before anything is inflated (RFC 8878, 3.1):
 *
 *     frame   4 magic | 1 descriptor | 0-1 window | 0-4 dictionary id | 0-8 content size | blocks | 4 checksum, if flagged
 *     block   3 bytes little-endian: bit 0 the last one, bits 1-2 its kind, the rest its size | its bytes
 *     skipped 4 magic | 4 length | that many bytes
 */
const magic = 0xfd2fb528
const skippedMagic = 0x184d2a50
const kinds = { raw: 0, repeated: 1 } as const
const mostBlockBytes = 128 * 1024

export interface ZstdFrame {
  readonly bytes: Buffer
  /** Its content certainly has no fewer bytes. */
  readonly leastBytes: number
  /** Its content certainly has no more bytes. */
  readonly mostBytes: number
  /** The distance as far back as it refers: a decoder of streams holds so many bytes. */
  readonly windowBytes: number
}

/**
 * Gives the frames that lie one after the other, also those that do not tell the size of their content. Throws where
 * one is cut off.
 */
export function* zstdFrames(bytes: Buffer): Generator<ZstdFrame> {
  if (bytes.length === 0) throw new Error('this is no zstd frame')
  for (let start = 0; start < bytes.length; ) {
    const word = bytes.readUInt32LE(start)
    if ((word & 0xfffffff0) >>> 0 === skippedMagic) {
      start += 8 + bytes.readUInt32LE(start + 4)
      continue
    }
    if (word !== magic) throw new Error('this is no zstd frame')
    const { contentBytes, windowBytes, hasChecksum, blocksAt } = readHeader(bytes, start)
    const blocks = sizesOfBlocks(bytes, blocksAt)
    const end = blocks.end + (hasChecksum ? 4 : 0)
    if (end > bytes.length) throw new Error('a zstd frame is cut off')
    yield {
      bytes: bytes.subarray(start, end),
      leastBytes: contentBytes ?? blocks.leastBytes,
      mostBytes: contentBytes ?? blocks.mostBytes,
      windowBytes,
    }
    start = end
  }
}

function readHeader(bytes: Buffer, start: number) {
  const descriptor = bytes.readUInt8(start + 4)
  const singleSegment = (descriptor & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number
  const at = start + 5 + (singleSegment ? 0 : 1) + dictionaryBytes
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number
  const contentBytes = contentSize(bytes, at, sizeBytes)
  return {
    contentBytes,
    windowBytes: singleSegment ? (contentBytes ?? 0) : windowSize(bytes.readUInt8(start + 5)),
    hasChecksum: (descriptor & 4) !== 0,
    blocksAt: at + sizeBytes,
  }
}

function contentSize(bytes: Buffer, at: number, sizeBytes: number): number | null {
  switch (sizeBytes) {
    case 0:
      return null
    case 1:
      return bytes.readUInt8(at)
    case 2:
      return bytes.readUInt16LE(at) + 256
    case 4:
      return bytes.readUInt32LE(at)
    default:
      return Number(bytes.readBigUInt64LE(at))
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function sizesOfBlocks(bytes: Buffer, start: number) {
  let [leastBytes, mostBytes] = [0, 0]
  for (let at = start; ; ) {
    const header = bytes.readUIntLE(at, 3)
    const [isLast, kind, size] = [(header & 1) === 1, (header >> 1) & 3, header >> 3]
    const isKnown = kind === kinds.raw || kind === kinds.repeated
    leastBytes += isKnown ? size : 0
    mostBytes += isKnown ? size : mostBlockBytes
    at += 3 + (kind === kinds.repeated ? 1 : size)
    if (isLast) return { leastBytes, mostBytes, end: at }
  }
}
