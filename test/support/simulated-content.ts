/** The size of the blocks that a disk writes; they may reach it in any order. */
const blockBytes = 64

/** The disk has the byte. */
const kept = 1
/** The byte lies in the page cache alone, and the next sync writes it. */
const dirty = 0
/** The byte lies in the page cache alone, and no sync writes it: the one that was to failed, and took it for clean. */
const lost = 2

/**
 * A file's bytes, whatever it is called: as a process sees them, and which of them survive a power failure. A sync that
 * fails has the system take for clean what it could not write, as Linux does: later ones succeed and do not write it,
 * unless it is written again.
 */
export class Content {
  #bytes: Buffer
  /** One of the three for each byte. */
  #states: Buffer

  constructor(bytes: Buffer, isKept: boolean) {
    this.#bytes = bytes
    this.#states = Buffer.alloc(bytes.length, isKept ? kept : dirty)
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** Puts bytes in the place of those that are there from a position on, and behind them. */
  write(bytes: Buffer, at: number): void {
    this.#bytes = spliced(this.#bytes, bytes, at)
    this.#states = spliced(this.#states, Buffer.alloc(bytes.length, dirty), at)
  }

  truncate(size: number): void {
    this.#bytes = this.#bytes.subarray(0, size)
    this.#states = this.#states.subarray(0, size)
  }

  /** Writes bytes again as they are. Those that the disk has it has still. */
  rewrite(from: number, to: number): void {
    for (let at = from; at < to; at++) if (this.#states[at] === lost) this.#states[at] = dirty
  }

  sync(length: number): void {
    for (let at = 0; at < length; at++) if (this.#states[at] === dirty) this.#states[at] = kept
  }

  syncFailed(length: number): void {
    for (let at = 0; at < length; at++) if (this.#states[at] === dirty) this.#states[at] = lost
  }

  /** Damages the file without the knowledge of a process. */
  damage(change: (bytes: Buffer) => Buffer): void {
    const bytes = change(Buffer.from(this.#bytes))
    const states = Buffer.alloc(bytes.length, dirty)
    this.#states.copy(states)
    this.#bytes = bytes
    this.#states = states
  }

  copy(): Content {
    const copy = new Content(this.#bytes, false)
    copy.#states = Buffer.from(this.#states)
    return copy
  }

  /**
   * The content after a power failure: all that the disk has, and of the rest all, some of its blocks, or none, with
   * zeros in place of a block that is missing before one that is there.
   */
  unplugged(random: () => number): Content {
    const { length } = this.#bytes
    const end = this.#states.lastIndexOf(kept) + 1
    if (end === length && !this.#states.includes(dirty) && !this.#states.includes(lost)) {
      return new Content(this.#bytes, true)
    }
    const size = end + Math.floor(random() * (length - end + 1))
    const zeros = random() < 0.3 ? Math.floor(random() * (length - size + 1)) : 0
    const left = Buffer.concat([this.#bytes.subarray(0, size), Buffer.alloc(zeros)])
    const share = [1, 0.3, 0][Math.floor(random() * 3)] as number
    for (let at = 0; at < size; at += blockBytes) {
      if (random() < share) this.#lose(left, at, Math.min(at + blockBytes, size))
    }
    return new Content(left, true)
  }

  #lose(left: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at++) if (this.#states[at] !== kept) left[at] = 0
  }
}

const spliced = (all: Buffer, some: Buffer, at: number): Buffer =>
  Buffer.concat([all.subarray(0, at), some, all.subarray(at + some.length)])
