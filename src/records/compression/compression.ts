import { Turns } from '../../time/turns.js'
import { KafkaError } from '../../wire/errors.js'
import { compressGzip, gzipHoldsBytes, inflateGzip } from './gzip.js'
import { compressLz4, inflateLz4, lz4HoldsBytes } from './lz4.js'
import { compressSnappy, inflateSnappy, snappyHoldsBytes } from './snappy.js'
import { TooLarge } from './too-large.js'
import { compressZstd, inflateZstd, zstdHoldsBytes } from './zstd.js'

/** The codecs that compress the records of a batch, by their numbers in the batch's attributes. */
export const codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
export type Codec = (typeof codecs)[keyof typeof codecs]

/** Thrown for bytes that the codec did not write. */
export class UnreadableRecords extends KafkaError {
  constructor(why: string) {
    super('INVALID_RECORD', `The records cannot be decompressed: ${why}`)
  }
}

interface Compression {
  compress(bytes: Buffer): Promise<Buffer>
  /**
   * Inflates the bytes piece by piece; no piece is used again. It may throw TooLarge before it gives more than
   * `maxBytes`.
   */
  inflate(bytes: Buffer, maxBytes: number): AsyncGenerator<Buffer>
  /** Returns the memory that inflating them takes at once, as long as pieces are not kept. */
  holdsBytes(bytes: Buffer, maxBytes: number): number
}

const none: Compression = {
  compress: async bytes => bytes,
  async *inflate(bytes) {
    yield bytes
  },
  holdsBytes: () => 0,
}

const compressions: readonly Compression[] = [
  none,
  { compress: compressGzip, inflate: inflateGzip, holdsBytes: () => gzipHoldsBytes },
  { compress: compressSnappy, inflate: inflateSnappy, holdsBytes: snappyHoldsBytes },
  { compress: compressLz4, inflate: inflateLz4, holdsBytes: () => lz4HoldsBytes },
  { compress: compressZstd, inflate: inflateZstd, holdsBytes: zstdHoldsBytes },
]

function compressionOf(codec: number): Compression {
  const found = compressions[codec]
  if (found) return found
  throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `There is no compression of number ${codec}.`)
}

export function compress(codec: number, bytes: Buffer): Promise<Buffer> {
  return compressionOf(codec).compress(bytes)
}

/**
 * Inflates compressed bytes piece by piece, so that no more than a few pieces are held where the codec allows it.
 * Throws UnreadableRecords for bytes that the codec did not write, and MESSAGE_TOO_LARGE instead of the piece with
 * which it would be more than `maxBytes`.
 */
export async function* inflate(codec: number, bytes: Buffer, maxBytes: number): AsyncGenerator<Buffer> {
  let left = maxBytes
  const turns = new Turns()
  try {
    for await (const piece of compressionOf(codec).inflate(bytes, Math.max(1, maxBytes))) {
      left -= piece.length
      if (left < 0) throw new TooLarge()
      yield piece
      const pause = turns.pause() // a codec in JavaScript takes it for itself
      if (pause) await pause
    }
  } catch (thrown) {
    throw inKafkasWords(thrown, maxBytes)
  }
}

/**
 * Returns the memory that `inflate` takes at once, as far as the headers tell: 0 for bytes that the codec did not
 * write.
 */
export function inflateHoldsBytes(codec: number, bytes: Buffer, maxBytes: number): number {
  try {
    return compressionOf(codec).holdsBytes(bytes, maxBytes)
  } catch {
    return 0
  }
}

/** Returns all that `inflate` gives, in one buffer. */
export async function decompress(codec: number, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of inflate(codec, bytes, maxBytes)) pieces.push(piece)
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
}

function inKafkasWords(thrown: unknown, maxBytes: number): unknown {
  if (thrown instanceof KafkaError) return thrown
  if (thrown instanceof TooLarge) {
    return new KafkaError('MESSAGE_TOO_LARGE', `The records decompress to more than ${maxBytes} bytes.`)
  }
  return new UnreadableRecords(thrown instanceof Error ? thrown.message : String(thrown))
}
