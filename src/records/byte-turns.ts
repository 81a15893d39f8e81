import assert from 'node:assert/strict'

interface Wish {
  readonly bytes: number
  readonly granted: () => void
}

/**
 * Lends a number of bytes, as a semaphore does: callers that want more than is left wait, and are served first come,
 * first served. The queue needs no bound of its own, for each caller waits for one loan at a time: it is no longer than
 * there are connections, partitions of coordinators that are replayed, and directories that are compacted.
 */
export class ByteTurns {
  #left: number
  readonly #waiting: Wish[] = []

  constructor(private readonly allBytes: number) {
    this.#left = allBytes
  }

  /** The number of callers that wait. */
  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Lends the bytes while `work` runs; a caller that wants more than there are at all has the turn alone. `work` must
   * not ask again, and may give back early, by `keep`, what is more than it still needs.
   */
  async during<T>(wishedBytes: number, work: (keep: (bytes: number) => void) => Promise<T>): Promise<T> {
    let bytes = Math.min(wishedBytes, this.allBytes)
    await this.#take(bytes)
    const keep = (needed: number) => {
      const spare = Math.max(bytes - needed, 0)
      bytes -= spare
      this.#give(spare)
    }
    try {
      return await work(keep)
    } finally {
      this.#give(bytes)
    }
  }

  #take(bytes: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && bytes <= this.#left) {
      this.#left -= bytes
      return undefined
    }
    return new Promise(granted => this.#waiting.push({ bytes, granted }))
  }

  #give(bytes: number): void {
    this.#left += bytes
    assert.ok(this.#left <= this.allBytes, 'more was given back than was lent')
    for (let next = this.#waiting[0]; next && next.bytes <= this.#left; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#left -= next.bytes
      next.granted()
    }
  }
}
