/** A piece of work about a subject, which it holds until it is over. */
export interface Turn {
  /** The subject; null for a turn that waits for no other, and that no other waits for. */
  readonly subject: string | null
  /**
   * True for a turn that may hold the subject together with others that share; any other has the subject for itself.
   */
  readonly shares: boolean
}

interface Lane<T> {
  /** The number of turns that hold the subject: one, or several that share it. */
  holders: number
  shared: boolean
  readonly waiting: T[]
}

/**
 * A readers-writer lock for each subject, first come first served: turns about different subjects know nothing of each
 * other, turns about the same one come one after the other, or at once where all of them share. A turn that shares does
 * not overtake one that does not, so that no turn waits for ever.
 */
export class Lanes<T extends Turn> {
  readonly #lanes = new Map<string, Lane<T>>()

  /** The subjects that are held. */
  subjects(): Iterable<string> {
    return this.#lanes.keys()
  }

  /** Tells whether the turn may begin at once; otherwise it waits until `leave` returns it. */
  enter(turn: T): boolean {
    const { subject, shares } = turn
    if (subject === null) return true
    const lane = this.#lanes.get(subject)
    if (!lane) {
      this.#lanes.set(subject, { holders: 1, shared: shares, waiting: [] })
      return true
    }
    if (lane.waiting.length > 0 || !shares || !lane.shared) {
      lane.waiting.push(turn)
      return false
    }
    lane.holders++
    return true
  }

  /** Ends a turn. Returns those that begin now. */
  leave({ subject }: Turn): readonly T[] {
    const lane = subject === null ? undefined : this.#lanes.get(subject)
    if (!lane || subject === null) return []
    lane.holders--
    return this.#next(subject, lane)
  }

  /** Takes out a turn that waits. Returns those that waited only behind it. */
  giveUp(turn: T): readonly T[] {
    const { subject } = turn
    const lane = subject === null ? undefined : this.#lanes.get(subject)
    const at = lane?.waiting.indexOf(turn) ?? -1
    if (!lane || subject === null || at < 0) return []
    lane.waiting.splice(at, 1)
    return this.#next(subject, lane)
  }

  /** Takes out and returns all turns that wait. */
  clear(): T[] {
    const waiting = [...this.#lanes.values()].flatMap(lane => lane.waiting.splice(0))
    return waiting
  }

  #next(subject: string, lane: Lane<T>): readonly T[] {
    const next: T[] = []
    for (let first = lane.waiting[0]; first; first = lane.waiting[0]) {
      if (lane.holders > 0 && !(lane.shared && first.shares)) break
      lane.shared = first.shares
      lane.holders++
      lane.waiting.shift()
      next.push(first)
    }
    if (lane.holders === 0) this.#lanes.delete(subject)
    return next
  }
}
