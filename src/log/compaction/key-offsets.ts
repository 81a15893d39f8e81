import { createHash } from 'node:crypto'
import type { Offset } from '../../engine/log-engine.js'

const hashBytes = 16
const entryBytes = hashBytes + 8
const leastSlots = 1024
/** Slots that stay empty, so that looking up is short (Kafka's log.cleaner.io.buffer.load.factor). */
const loadFactor = 0.9

/**
 * The last offset of each key, in one buffer of bounded size whatever the keys are (Kafka's
 * SkimpyOffsetMap): a slot holds 16 bytes of the key's SHA-256 and the offset plus one, 0 where it is free.
 * A key lies in the first slot that was free from its hash on.
 */
export class KeyOffsets {
  readonly #mostSlots: number
  #slots: Buffer
  #count: number
  #used = 0

  constructor(maxBytes: number) {
    this.#mostSlots = Math.max(2, Math.floor(maxBytes / entryBytes))
    this.#count = Math.min(leastSlots, this.#mostSlots)
    this.#slots = Buffer.alloc(this.#count * entryBytes)
  }

  /** How many more keys it takes for certain. */
  get room(): number {
    return most(this.#mostSlots) - this.#used
  }

  /** Throws RangeError where there is no room. */
  put(key: Buffer, offset: Offset): void {
    if (this.#used >= most(this.#count)) this.#grow()
    const hash = hashOf(key)
    const at = this.#slotOf(hash)
    if (this.#isFree(at)) {
      this.#used += 1
      hash.copy(this.#slots, at, 0, hashBytes)
    }
    this.#slots.writeBigInt64BE(offset + 1n, at + hashBytes)
  }

  /** -1 for a key that was not put in. */
  get(key: Buffer): Offset {
    return this.#slots.readBigInt64BE(this.#slotOf(hashOf(key)) + hashBytes) - 1n
  }

  #grow(): void {
    if (this.#count === this.#mostSlots) throw new RangeError('There is no room for another key.')
    const old = this.#slots
    this.#count = Math.min(2 * this.#count, this.#mostSlots)
    this.#slots = Buffer.alloc(this.#count * entryBytes)
    for (let at = 0; at < old.length; at += entryBytes) {
      const entry = old.subarray(at, at + entryBytes)
      if (entry.readBigInt64BE(hashBytes) !== 0n) this.#slots.set(entry, this.#slotOf(entry))
    }
  }

  #isFree(at: number): boolean {
    return this.#slots.readBigInt64BE(at + hashBytes) === 0n
  }

  #slotOf(hash: Buffer): number {
    for (let n = hash.readUInt32BE(0) % this.#count; ; n = (n + 1) % this.#count) {
      const at = n * entryBytes
      if (this.#isFree(at) || this.#slots.compare(hash, 0, hashBytes, at, at + hashBytes) === 0) return at
    }
  }
}

const most = (slots: number): number => Math.max(1, Math.floor(slots * loadFactor))
const hashOf = (key: Buffer): Buffer => createHash('sha256').update(key).digest()
