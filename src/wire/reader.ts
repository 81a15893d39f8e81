import { readInt64 } from './int64.js'

/** Thrown for a message of a client that cannot be read: its connection is closed, nothing else happens. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
}

/** Thrown for a message that has more elements in its arrays than are read or written at once. */
export class LongMessage extends Error {
  override readonly name = 'LongMessage'
}

/** Reads Kafka's primitive types from a buffer, refusing every length that the buffer cannot hold. */
export class Reader {
  offset = 0
  #elementsLeft: number

  /** Makes a reader, which throws LongMessage for more than so many elements in all arrays together. */
  constructor(
    readonly buffer: Buffer,
    mostElements = Infinity,
  ) {
    this.#elementsLeft = mostElements
  }

  get remaining(): number {
    return this.buffer.length - this.offset
  }

  /** Counts the elements of an array; it is called for each array, before its elements are read. */
  elements(count: number): void {
    this.#elementsLeft -= count
    if (this.#elementsLeft < 0) throw new LongMessage()
  }

  int8(): number {
    return this.buffer.readInt8(this.#advance(1))
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#advance(2))
  }

  uint16(): number {
    return this.buffer.readUInt16BE(this.#advance(2))
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#advance(4))
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.#advance(4))
  }

  int64(): bigint {
    return readInt64(this.buffer, this.#advance(8))
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.#advance(8))
  }

  /** Returns a view of the next `length` bytes, not a copy. */
  bytes(length: number): Buffer {
    const at = this.#advance(length)
    return this.buffer.subarray(at, at + length)
  }

  string(length: number): string {
    const at = this.#advance(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.#advance(1)] as number
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new MalformedMessage('a varint of more than 5 bytes')
  }

  /** Reads a zig-zag encoded number, as the fields of a record are. */
  varint(): number {
    const raw = this.unsignedVarint()
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** Reads a zig-zag encoded number of up to 10 bytes. */
  varlong(): bigint {
    const short = this.buffer[this.offset] ?? 0x80
    if (short < 0x80) {
      this.offset += 1
      return BigInt((short >>> 1) ^ -(short & 1))
    }
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.buffer[this.#advance(1)] as number
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
    }
    throw new MalformedMessage('a varlong of more than 10 bytes')
  }

  #advance(size: number): number {
    const at = this.offset
    if (size < 0 || at + size > this.buffer.length) {
      throw new MalformedMessage(`${size} bytes wanted at ${at} of a message of ${this.buffer.length}`)
    }
    this.offset = at + size
    return at
  }
}
