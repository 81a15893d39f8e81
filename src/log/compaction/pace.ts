import { Turns } from '../../time/turns.js'

/**
 * The length of a slice: long enough that the turns of the event loop cost little, and short enough that nobody notices
 * a few slices.
 */
const sliceMs = 2

/** A compaction that was told to stop throws this. */
export class Stopped extends Error {}

/** Lets everyone else be served between the slices of a long work. */
export class Pace {
  readonly #turns = new Turns(sliceMs)

  /** The work ends at the end of a slice once `isStopped` returns true. */
  constructor(private readonly isStopped: () => boolean) {}

  /** True once a slice is over. */
  get isDue(): boolean {
    return this.#turns.isOver
  }

  /** Gives others a turn. Throws Stopped where the work is to end. */
  async rest(): Promise<void> {
    await this.#turns.next()
    if (this.isStopped()) throw new Stopped()
  }
}
