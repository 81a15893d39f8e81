import { refuse, refuseRecord, type Survey, varint, varlong } from './record-walk.js'

/**
 * Called for each record, with its place in the batch, its distances from the base timestamp and the base offset, and
 * whether it has a key.
 */
export type SeePiecewise = (
  index: number,
  timestampDeltaMs: number,
  hasKey: boolean,
  offsetDelta: number,
) => void

const mostVarlongBytes = 10

/** The part of a record that comes next (the layout is drawn in `record.ts`). */
const next = {
  length: 0,
  attributes: 1,
  timestampDelta: 2,
  offsetDelta: 3,
  key: 4,
  value: 5,
  headers: 6,
  headerKey: 7,
  headerValue: 8,
} as const

/**
 * Walks over records that come in pieces, wherever these are cut, and keeps none of them: a value may be larger than
 * the memory that is left. It checks what `walkRecords` does, which takes half the time where the records lie in one
 * buffer.
 */
export class RecordPieces {
  #next: number = next.length
  /** The beginning of a number, with which the piece before ended. */
  #cutOff: Buffer = nothing
  /** Bytes of a key or a value that are still to come. */
  #skip = 0
  #position = 0
  #recordEnd = 0
  #headersLeft = 0
  #index = 0
  #timestampDeltaMs = 0
  #offsetDelta = 0
  #hasKey = false
  #leastDeltaMs = Number.POSITIVE_INFINITY
  #greatestDeltaMs = Number.NEGATIVE_INFINITY
  #allHaveKeys = true

  /**
   * Makes a walk. With `areConsecutive` the offsets must count from 0, as in a batch that a client sends; compaction
   * leaves gaps.
   */
  constructor(
    private readonly count: number,
    private readonly areConsecutive: boolean,
    private readonly see: SeePiecewise | null = null,
  ) {}

  /** Walks over a piece, which may be used again afterwards. Throws INVALID_RECORD as soon as something is wrong. */
  push(piece: Buffer): void {
    const bytes = this.#cutOff.length > 0 ? Buffer.concat([this.#cutOff, piece]) : piece
    let at = 0
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at)
        this.#skip -= skipped
        at += this.#advance(skipped)
        if (this.#skip === 0) this.#mayEnd()
        continue
      }
      if (this.#index === this.count) refuse('bytes lie after the last record')
      const size = this.#next === next.attributes ? 1 : numberBytes(bytes, at)
      if (size === 0) break
      this.#take(bytes, at, size)
      at += size
    }
    this.#cutOff = at < bytes.length ? Buffer.from(bytes.subarray(at)) : nothing
    if (this.#cutOff.length >= mostVarlongBytes) refuse('a number in a record does not end')
  }

  /** Ends the walk. Throws INVALID_RECORD where records are missing. */
  finish(): Survey {
    if (this.#index < this.count) refuse(`it ends in record ${this.#index} of ${this.count}`)
    return this.survey
  }

  /** The survey of the records that have come so far. */
  get survey(): Survey {
    return {
      leastDeltaMs: this.#leastDeltaMs,
      greatestDeltaMs: this.#greatestDeltaMs,
      allHaveKeys: this.#allHaveKeys,
    }
  }

  #take(bytes: Buffer, at: number, size: number): void {
    this.#advance(size)
    switch (this.#next) {
      case next.length:
        this.#begin(varint(bytes, at))
        return
      case next.attributes:
        break // they mean nothing yet
      case next.timestampDelta:
        this.#timestampDeltaMs = varlong(bytes, at)
        break
      case next.offsetDelta:
        this.#offsetDelta = varint(bytes, at)
        if (this.areConsecutive && this.#offsetDelta !== this.#index) {
          refuseRecord(this.#index, 'an offset delta of', this.#offsetDelta)
        }
        break
      case next.key:
        this.#hasKey = this.#skipNullable(varint(bytes, at))
        break
      case next.value:
      case next.headerValue:
        this.#skipNullable(varint(bytes, at))
        break
      case next.headers:
        this.#headersLeft = varint(bytes, at)
        if (this.#headersLeft < 0) refuse(`a record has ${this.#headersLeft} headers`)
        break
      case next.headerKey:
        if (!this.#skipNullable(varint(bytes, at))) refuse('the key of a header is null')
        this.#headersLeft -= 1
    }
    this.#next = this.#next === next.headerValue ? next.headerKey : this.#next + 1
    this.#mayEnd()
  }

  #begin(length: number): void {
    if (length < 0) refuseRecord(this.#index, 'a length of', length)
    this.#recordEnd = this.#position + length
    this.#next = next.attributes
  }

  /** Skips a key or a value. Tells whether it is not null. */
  #skipNullable(length: number): boolean {
    if (length < -1) refuse('a length in a record is negative')
    this.#skip = Math.max(0, length)
    return length >= 0
  }

  #advance(bytes: number): number {
    this.#position += bytes
    return bytes
  }

  /** Ends the record if no more of it is to come. */
  #mayEnd(): void {
    if (this.#next !== next.headerKey || this.#headersLeft > 0 || this.#skip > 0) return
    if (this.#position !== this.#recordEnd) {
      refuseRecord(this.#index, 'an end that is not where its length says, but at', this.#position)
    }
    if (this.#timestampDeltaMs < this.#leastDeltaMs) this.#leastDeltaMs = this.#timestampDeltaMs
    if (this.#timestampDeltaMs > this.#greatestDeltaMs) this.#greatestDeltaMs = this.#timestampDeltaMs
    if (!this.#hasKey) this.#allHaveKeys = false
    this.see?.(this.#index, this.#timestampDeltaMs, this.#hasKey, this.#offsetDelta)
    this.#index += 1
    this.#next = next.length
  }
}

const nothing = Buffer.alloc(0)

/** Returns the length of the number that begins here; 0 where its end is not there. */
function numberBytes(bytes: Buffer, at: number): number {
  const end = Math.min(bytes.length, at + mostVarlongBytes)
  for (let i = at; i < end; i++) if ((bytes[i] as number) < 0x80) return i + 1 - at
  return 0
}
