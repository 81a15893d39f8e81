import { MalformedMessage } from '../wire/reader.js'

const lengthBytes = 4

/**
 * Splits a stream of chunks into frames, each preceded by its length as an int32. Chunks are joined
 * only where a frame crosses them, and a length that is announced costs nothing until its bytes are here.
 */
export class Frames {
  #pending: Buffer[] = []
  #held = 0
  #needed = lengthBytes

  constructor(private readonly maxBytes: number) {}

  /** Takes in a chunk and calls `frame` for each frame that it completes. A length out of bounds is thrown. */
  push(chunk: Buffer, frame: (bytes: Buffer) => void): void {
    this.#pending.push(chunk)
    this.#held += chunk.length
    while (this.#held >= this.#needed) {
      const bytes = this.#joined()
      const size = bytes.readInt32BE(0)
      if (size < 0 || size > this.maxBytes) {
        throw new MalformedMessage(`a frame of ${size} bytes; at most ${this.maxBytes} are allowed`)
      }
      this.#needed = lengthBytes + size
      if (this.#held < this.#needed) return
      frame(bytes.subarray(lengthBytes, this.#needed))
      this.#pending = this.#held > this.#needed ? [bytes.subarray(this.#needed)] : []
      this.#held -= this.#needed
      this.#needed = lengthBytes
    }
  }

  #joined(): Buffer {
    if (this.#pending.length > 1) this.#pending = [Buffer.concat(this.#pending, this.#held)]
    return this.#pending[0] as Buffer
  }
}

/** What a frame takes up, with its length. */
export const frameBytes = (frame: Buffer): number => lengthBytes + frame.length
