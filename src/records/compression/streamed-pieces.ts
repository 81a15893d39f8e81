import type { Transform } from 'node:stream'
import { TooLarge } from './too-large.js'

/**
 * A stream costs as much as inflating tens of kilobytes, so bytes that inflate to no more than this are inflated in one
 * call.
 */
export const shortBytes = 1 << 20
const pieceBytes = 1 << 16

interface InflateOptions {
  readonly maxOutputLength: number
}

/**
 * Inflates by Node's zlib, in its threads: in one call where the result is short, otherwise piece by piece; the next
 * piece is worked on when it is asked for, so that no more than a few are held. The caller stops at `maxBytes`.
 */
export async function* streamedPieces(
  bytes: Buffer,
  maxBytes: number,
  inflateWhole: (bytes: Buffer, options: InflateOptions) => Promise<Buffer>,
  createStream: (options: { readonly chunkSize: number }) => Transform,
): AsyncGenerator<Buffer> {
  const whole = await unlessLonger(inflateWhole(bytes, { maxOutputLength: Math.min(shortBytes, maxBytes) }))
  if (whole) {
    yield whole
    return
  }
  if (maxBytes <= shortBytes) throw new TooLarge()
  const stream = createStream({ chunkSize: pieceBytes })
  stream.end(bytes)
  for await (const piece of stream) yield piece as Buffer
}

async function unlessLonger(result: Promise<Buffer>): Promise<Buffer | null> {
  try {
    return await result
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null
    throw thrown
  }
}
