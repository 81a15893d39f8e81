import { writeInt64 } from './int64.js'
import { LongMessage } from './reader.js'

const firstSize = 256
const largestCopy = 1024
const shortText = 24

/**
 * Writes Kafka's primitive types into one growing buffer. Large byte strings (record batches) are kept by reference and
 * end up as chunks of their own, so that a fetch reply is never copied.
 */
export class Writer {
  readonly #finished: Buffer[] = []
  #finishedBytes = 0
  #buffer: Buffer
  #start = 0
  #at = 0
  #elementsLeft: number

  /** Makes a writer, which throws LongMessage for more than so many elements in all arrays together. */
  constructor(size = firstSize, mostElements = Infinity) {
    this.#buffer = Buffer.allocUnsafe(size)
    this.#elementsLeft = mostElements
  }

  /** The number of bytes written so far. */
  get length(): number {
    return this.#finishedBytes + this.#at - this.#start
  }

  /** Counts the elements of an array; it is called for each array, before its elements are written. */
  elements(count: number): void {
    this.#elementsLeft -= count
    if (this.#elementsLeft < 0) throw new LongMessage()
  }

  int8(value: number): void {
    this.#at = this.#room(1).writeInt8(value, this.#at)
  }

  int16(value: number): void {
    this.#at = this.#room(2).writeInt16BE(value, this.#at)
  }

  uint16(value: number): void {
    this.#at = this.#room(2).writeUInt16BE(value, this.#at)
  }

  int32(value: number): void {
    this.#at = this.#room(4).writeInt32BE(value, this.#at)
  }

  uint32(value: number): void {
    this.#at = this.#room(4).writeUInt32BE(value, this.#at)
  }

  int64(value: bigint): void {
    writeInt64(this.#room(8), value, this.#at)
    this.#at += 8
  }

  float64(value: number): void {
    this.#at = this.#room(8).writeDoubleBE(value, this.#at)
  }

  unsignedVarint(value: number): void {
    const buffer = this.#room(5)
    let left = value >>> 0
    while (left >= 0x80) {
      buffer[this.#at++] = (left & 0x7f) | 0x80
      left >>>= 7
    }
    buffer[this.#at++] = left
  }

  varint(value: number): void {
    this.unsignedVarint((value << 1) ^ (value >> 31))
  }

  varlong(value: bigint): void {
    const buffer = this.#room(10)
    let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (left >= 0x80n) {
      buffer[this.#at++] = Number(left & 0x7fn) | 0x80
      left >>= 7n
    }
    buffer[this.#at++] = Number(left)
  }

  /** Writes bytes. Small values are copied; large ones are kept by reference and must not change afterwards. */
  bytes(value: Uint8Array): void {
    if (value.length > largestCopy) {
      this.#seal()
      this.#finished.push(
        Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.length),
      )
      this.#finishedBytes += value.length
      return
    }
    this.#room(value.length).set(value, this.#at)
    this.#at += value.length
  }

  /** Writes exactly `byteLength` bytes of UTF-8. */
  string(value: string, byteLength: number): void {
    const buffer = this.#room(byteLength) // first: it may move what is there
    if (byteLength > shortText || byteLength !== value.length) {
      this.#at += buffer.write(value, this.#at, byteLength, 'utf8')
      return
    }
    // The text is ASCII, and so short that a call of `write` would take longer.
    for (let i = 0; i < byteLength; i++) buffer[this.#at++] = value.charCodeAt(i)
  }

  /** Writes the `byteLength` bytes that a text in base64url stands for. */
  base64(value: string, byteLength: number): void {
    const buffer = this.#room(byteLength)
    this.#at += buffer.write(value, this.#at, byteLength, 'base64url')
  }

  /** Returns the message as chunks, in order, without joining them. */
  chunks(): Buffer[] {
    this.#seal()
    return this.#finished
  }

  finish(): Buffer {
    const chunks = this.chunks()
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, this.#finishedBytes)
  }

  #seal(): void {
    if (this.#at === this.#start) return
    this.#finished.push(this.#buffer.subarray(this.#start, this.#at))
    this.#finishedBytes += this.#at - this.#start
    this.#start = this.#at
  }

  #room(size: number): Buffer {
    if (this.#at + size <= this.#buffer.length) return this.#buffer
    const unsealed = this.#at - this.#start
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, unsealed + size))
    this.#buffer.copy(larger, 0, this.#start, this.#at)
    this.#buffer = larger
    this.#start = 0
    this.#at = unsealed
    return larger
  }
}
