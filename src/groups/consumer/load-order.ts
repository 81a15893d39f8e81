/**
 * The readers of one topic, ordered by the number of partitions that they have, while partitions move from
 * those with the most to those with the least. Both ends are walked in rounds: all that have as few as
 * the poorest get one each before any gets a second, and likewise at the rich end.
 *
 *     poorest                                              richest
 *     | poor ... poorEnd |        untouched       | richStart ... richEnd | excluded
 */
export class LoadOrder {
  readonly #members: number[]
  #poorEnd = 0
  #poorLoad: number
  #nextPoor = 0
  #richStart: number
  #richEnd: number
  #richLoad: number
  #nextRich: number

  /** The caller changes `loads` by one partition for every member that is handed out. */
  constructor(
    members: readonly number[],
    private readonly loads: readonly number[],
  ) {
    const load = (member: number): number => loads[member] as number
    this.#members = [...members].sort((a, b) => load(a) - load(b) || a - b)
    this.#poorLoad = this.#loadAt(0) - 1
    this.#richStart = this.#members.length
    this.#richEnd = this.#members.length
    this.#richLoad = this.#loadAt(this.#members.length - 1) + 1
    this.#nextRich = this.#members.length - 1
  }

  /** The number of partitions that the first has fewer than the last. */
  get imbalance(): number {
    return this.#loadAt(this.#members.length - 1) - this.#loadAt(0)
  }

  get isBalanced(): boolean {
    return this.#richLoad - this.#poorLoad <= 1
  }

  nextPoorest(): number {
    if (this.#nextPoor >= this.#poorEnd) {
      this.#poorLoad++
      while (this.#poorEnd < this.#members.length && this.#loadAt(this.#poorEnd) === this.#poorLoad) {
        this.#poorEnd++
      }
      this.#nextPoor = 0
    }
    return this.#members[this.#nextPoor++] as number
  }

  /** The next member that `canGive` a partition of this topic away; null when none is left. */
  nextRichest(canGive: (member: number) => boolean): number | null {
    for (;;) {
      const member = this.#stepDown()
      if (member === null || canGive(member)) return member
      this.#exclude(this.#nextRich + 1)
    }
  }

  #stepDown(): number | null {
    if (this.#nextRich < this.#richStart) {
      this.#richLoad =
        this.#richEnd <= this.#richStart && this.#richStart > 0
          ? this.#loadAt(this.#richStart - 1)
          : this.#richLoad - 1
      while (this.#richStart > 0 && this.#loadAt(this.#richStart - 1) === this.#richLoad) this.#richStart--
      this.#nextRich = this.#richEnd - 1
    }
    if (this.#nextRich < 0) return null
    return this.#members[this.#nextRich--] as number
  }

  #exclude(at: number): void {
    const last = this.#richEnd - 1
    const member = this.#members[at] as number
    this.#members[at] = this.#members[last] as number
    this.#members[last] = member
    this.#richEnd--
  }

  #loadAt(index: number): number {
    return this.#load(this.#members[index] as number)
  }

  #load(member: number): number {
    return this.loads[member] as number
  }
}
