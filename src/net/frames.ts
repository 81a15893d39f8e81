import type { BufferPool } from '../memory/buffer-pool.js'
import { MalformedMessage } from '../wire/reader.js'

const lengthBytes = 4
/** The memory set aside for a frame that is only announced is at most so many times the bytes that are here already. */
const growth = 8
const leastRoom = 4096
/** Below this a copy is cheaper than a read that ends with the frame. */
const worthReadingInto = 64 * 1024

/**
 * Splits a stream of chunks into frames, each preceded by its length as an int32. A frame gets memory of the pool, at
 * most eight times the bytes that have arrived of it: a length that is only announced costs next to nothing.
 */
export class Frames {
  /** The size of the frame that is coming, as far as it is known. */
  #size = 0
  #sizeBytes = 0
  #frame: Buffer | null = null
  #filled = 0

  constructor(
    private readonly maxBytes: number,
    private readonly pool: Pick<BufferPool, 'take' | 'give'>,
  ) {}

  /**
   * The memory in which the next bytes belong, when much of a frame is missing: bytes that are read into it need no
   * copy.
   */
  get room(): Buffer | null {
    const frame = this.#frame
    return frame !== null && frame.length - this.#filled >= worthReadingInto
      ? frame.subarray(this.#filled)
      : null
  }

  /**
   * Takes in a chunk, which is not needed any more afterwards, and calls `frame` for each frame that it completes.
   * Throws MalformedMessage for a length out of bounds.
   */
  push(chunk: Buffer, frame: (bytes: Buffer) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame === null) {
        at = this.#readSize(chunk, at)
        if (this.#sizeBytes < lengthBytes) break
        this.#begin(chunk.length - at)
      }
      at += this.#fill(chunk, at, frame)
    }
  }

  /** Reads the frame's size, which may come in pieces, and returns where the frame begins. */
  #readSize(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length && this.#sizeBytes < lengthBytes) {
      this.#size = (this.#size << 8) | (chunk[at++] as number)
      this.#sizeBytes += 1
    }
    if (this.#sizeBytes === lengthBytes && (this.#size < 0 || this.#size > this.maxBytes)) {
      throw new MalformedMessage(protocolOf(this.#size) ?? tooLong(this.#size, this.maxBytes))
    }
    return at
  }

  #begin(available: number): void {
    this.#frame = this.pool.take(Math.min(this.#size, Math.max(leastRoom, growth * available)))
    this.#filled = 0
  }

  /**
   * Fills the frame, and returns how many bytes of the chunk it had room for. A chunk that was read into `room` is
   * where it belongs.
   */
  #fill(chunk: Buffer, at: number, complete: (bytes: Buffer) => void): number {
    const frame = this.#frame as Buffer
    const isThere =
      at === 0 && chunk.buffer === frame.buffer && chunk.byteOffset === frame.byteOffset + this.#filled
    const copied = isThere ? chunk.length : chunk.copy(frame, this.#filled, at)
    this.#filled += copied
    if (this.#filled < frame.length) return copied
    if (frame.length < this.#size) {
      this.#frame = this.pool.take(Math.min(this.#size, growth * frame.length))
      frame.copy(this.#frame)
      this.pool.give(frame)
    } else {
      this.#frame = null
      this.#sizeBytes = 0
      complete(frame)
    }
    return copied
  }
}

/** Returns the bytes that a frame takes up, with its length. */
export const frameBytes = (frame: Buffer): number => lengthBytes + frame.length

const tooLong = (bytes: number, mostBytes: number): string =>
  `a frame of ${bytes} bytes; at most ${mostBytes} are allowed`

/** The first two bytes of a TLS handshake: its type and the first byte of the version. */
const tls = 0x1603
const httpMethods = ['GET ', 'POST', 'PUT ', 'HEAD', 'OPTI', 'DELE', 'PATC', 'PRI ']

/** Names the protocol whose first bytes were taken for a length. */
function protocolOf(size: number): string | null {
  if (size >>> 16 === tls) {
    return 'the beginning of a TLS connection, but this port is PLAINTEXT: its client has to use security.protocol=PLAINTEXT'
  }
  const bytes = Buffer.alloc(lengthBytes)
  bytes.writeInt32BE(size)
  return httpMethods.includes(bytes.toString('latin1'))
    ? "an HTTP request, but this port speaks Kafka's protocol only"
    : null
}
