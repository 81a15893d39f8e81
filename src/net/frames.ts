import { MalformedMessage } from '../wire/reader.js'

const lengthBytes = 4
/** How much more than what is here already may be set aside for a frame that has only been announced. */
const growth = 4
const leastRoom = 4096
/** Where sockets read to when no frame is waited for that could take all of it: one for all, for it is emptied at once. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * Splits what arrives into frames, each preceded by its length as an int32. A frame has memory of its own, for
 * which little more is set aside than what has come of it: a length that is announced costs next to nothing.
 */
export class Frames {
  /** Of the frame that is coming, as far as it is known. */
  #size = 0
  #sizeBytes = 0
  #frame: Buffer | null = null
  #filled = 0

  constructor(private readonly maxBytes: number) {}

  /** Where to read to next. What is there has to be handed to `filled` before anyone asks again. */
  get space(): Buffer {
    const frame = this.#frame
    return frame && frame.length - this.#filled >= scratch.length ? frame.subarray(this.#filled) : scratch
  }

  /** Takes note of what was read to `space`. */
  filled(space: Buffer, bytes: number, frame: (bytes: Buffer) => void): void {
    if (space === scratch) this.push(scratch.subarray(0, bytes), frame)
    else this.#advance(bytes, frame)
  }

  /** Copies a chunk and calls `frame` for each frame that it completes. A length out of bounds is thrown. */
  push(chunk: Buffer, frame: (bytes: Buffer) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame === null) {
        at = this.#readSize(chunk, at)
        if (this.#sizeBytes < lengthBytes) return
        this.#begin(chunk.length - at)
      }
      const target = this.#frame as unknown as Buffer
      const copied = chunk.copy(target, this.#filled, at)
      at += copied
      this.#advance(copied, frame)
    }
  }

  /** Returns where the frame begins; its size may come in pieces. */
  #readSize(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length && this.#sizeBytes < lengthBytes) {
      this.#size = (this.#size << 8) | (chunk[at++] as number)
      this.#sizeBytes += 1
    }
    return at
  }

  #begin(available: number): void {
    const size = this.#size
    if (size < 0 || size > this.maxBytes) {
      throw new MalformedMessage(`a frame of ${size} bytes; at most ${this.maxBytes} are allowed`)
    }
    this.#frame = Buffer.allocUnsafe(Math.min(size, Math.max(leastRoom, growth * available)))
    this.#filled = 0
  }

  #advance(bytes: number, complete: (bytes: Buffer) => void): void {
    const frame = this.#frame as Buffer
    this.#filled += bytes
    if (this.#filled < frame.length) return
    if (frame.length < this.#size) {
      this.#frame = Buffer.allocUnsafe(Math.min(this.#size, growth * frame.length))
      frame.copy(this.#frame)
      return
    }
    this.#frame = null
    this.#size = 0
    this.#sizeBytes = 0
    complete(frame)
  }
}

/** What a frame takes up, with its length. */
export const frameBytes = (frame: Buffer): number => lengthBytes + frame.length
