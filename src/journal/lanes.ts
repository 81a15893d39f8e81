/** Something that is done about a subject, and holds it until it is over. */
export interface Turn {
  /** Null: it waits for nobody, and nobody waits for it. */
  readonly subject: string | null
  /** It goes well together with others that share; one that does not has the subject for itself. */
  readonly shares: boolean
}

interface Lane<T> {
  /** Those that hold the subject: one, or several that share it. */
  holders: number
  shared: boolean
  readonly waiting: T[]
}

/**
 * A readers-writer lock for each subject, first come first served: turns about different subjects know nothing of
 * each other, turns about the same one come one after the other, or at once where all of them share. One that shares
 * does not overtake one that does not, so that no turn waits for ever.
 */
export class Lanes<T extends Turn> {
  readonly #lanes = new Map<string, Lane<T>>()

  /** Subjects that are held. */
  subjects(): Iterable<string> {
    return this.#lanes.keys()
  }

  /** Whether the turn may begin at once; otherwise it waits until `leave` gives it. */
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

  /** The turn is over. Gives those that begin now. */
  leave({ subject }: Turn): readonly T[] {
    const lane = subject === null ? undefined : this.#lanes.get(subject)
    if (!lane || subject === null) return []
    lane.holders--
    return this.#next(subject, lane)
  }

  /** A turn that waits gives up. Gives those that only waited behind it. */
  giveUp(turn: T): readonly T[] {
    const { subject } = turn
    const lane = subject === null ? undefined : this.#lanes.get(subject)
    const at = lane?.waiting.indexOf(turn) ?? -1
    if (!lane || subject === null || at < 0) return []
    lane.waiting.splice(at, 1)
    return this.#next(subject, lane)
  }

  /** All that wait, which from now on do so no longer. */
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
