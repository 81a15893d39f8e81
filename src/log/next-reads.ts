const mostPlaces = 8

/**
 * The places in a segment at which the batches begin that readers will ask for next: a client that reads on needs no
 * search. It holds the latest few; offsets are relative to the segment's base.
 */
export class NextReads {
  readonly #offsets: number[] = []
  readonly #positions: number[] = []
  #oldest = 0

  /** The position at which to read on from an offset; undefined where nobody has read up to there lately. */
  at(offset: number): number | undefined {
    const found = this.#offsets.indexOf(offset)
    return found < 0 ? undefined : this.#positions[found]
  }

  note(offset: number, position: number): void {
    if (this.#offsets.includes(offset)) return
    this.#offsets[this.#oldest] = offset
    this.#positions[this.#oldest] = position
    this.#oldest = (this.#oldest + 1) % mostPlaces
  }

  clear(): void {
    this.#offsets.length = 0
    this.#positions.length = 0
    this.#oldest = 0
  }
}
