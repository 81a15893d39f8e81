import crypto from 'node:crypto'
import type { Offset } from '../../engine/log-engine.js'
import { readInt64 } from '../../wire/int64.js'

const hashBytes = 16
const entryBytes = hashBytes + 8
/**
 * The share of the slots that is used. The others stay empty, so that a look-up is short (Kafka's
 * log.cleaner.io.buffer.load.factor).
 */
const loadFactor = 0.9

/**
 * The last offset of each key, in one buffer of bounded size whatever the keys are (Kafka's SkimpyOffsetMap). A slot
 * holds 16 bytes of the key's SHA-256 and the offset plus one, 0 where it is free. A key lies in the first slot that
 * was free from its hash on (linear probing). The buffer never grows, which would take long; the operating system gives
 * it memory where keys come to lie.
 */
export class KeyOffsets {
  readonly #slots: Buffer
  readonly #count: number
  #used = 0

  /** The map has room for `mostKeys`, or for as many as fit into `maxBytes`. */
  constructor(maxBytes: number, mostKeys: number) {
    const wanted = Math.ceil(mostKeys / loadFactor) + 1
    this.#count = Math.max(2, Math.min(wanted, Math.floor(maxBytes / entryBytes)))
    this.#slots = Buffer.alloc(this.#count * entryBytes)
  }

  /** The number of further keys for which there is room in any case. */
  get room(): number {
    return most(this.#count) - this.#used
  }

  /** Sets the last offset of a key. Throws RangeError where there is no room. */
  put(key: Buffer, offset: Offset): void {
    const hash = hashOf(key)
    const at = this.#slotOf(hash)
    if (this.#isFree(at)) {
      if (this.room <= 0) throw new RangeError('There is no room for another key.')
      this.#used += 1
      this.#slots.write(hash, at, hashBytes, 'latin1')
    }
    this.#slots.writeBigInt64BE(offset + 1n, at + hashBytes)
  }

  /** The last offset of a key; -1 for a key that was not put in. */
  get(key: Buffer): Offset {
    return readInt64(this.#slots, this.#slotOf(hashOf(key)) + hashBytes) - 1n
  }

  #isFree(at: number): boolean {
    return this.#slots.readInt32BE(at + hashBytes) === 0 && this.#slots.readInt32BE(at + hashBytes + 4) === 0
  }

  #slotOf(hash: string): number {
    let n = 0
    for (let i = 0; i < 4; i++) n = n * 256 + hash.charCodeAt(i)
    for (n %= this.#count; ; n = (n + 1) % this.#count) {
      const at = n * entryBytes
      if (this.#isFree(at) || this.#holds(hash, at)) return at
    }
  }

  #holds(hash: string, at: number): boolean {
    for (let i = 0; i < hashBytes; i++) if (this.#slots[at + i] !== hash.charCodeAt(i)) return false
    return true
  }
}

const most = (slots: number): number => Math.max(1, Math.floor(slots * loadFactor))

/**
 * The hash of a key, as a string of a character for each byte. A buffer for each key is three times the work, and
 * leaves the garbage collector memory outside of its heap. Node can do it in one call since 20.12.
 */
const hashOf: (key: Buffer) => string = crypto.hash
  ? key => crypto.hash('sha256', key, 'binary')
  : key => crypto.createHash('sha256').update(key).digest('binary')
