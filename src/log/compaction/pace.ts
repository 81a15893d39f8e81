import { Turns } from '../../time/turns.js'

/** Long enough that the turns of the event loop cost little, and short enough that nobody notices a few of them. */
const sliceMs = 2

/** What is thrown where a compaction was told to stop. */
export class Stopped extends Error {}

/** Lets everyone else be served between slices of a long work. */
export class Pace {
  readonly #turns = new Turns(sliceMs)

  /** Once `isStopped` says so the work ends, at the end of a slice. */
  constructor(private readonly isStopped: () => boolean) {}

  /** Whether a slice is over. */
  get isDue(): boolean {
    return this.#turns.isOver
  }

  /** Throws Stopped. */
  async rest(): Promise<void> {
    await this.#turns.next()
    if (this.isStopped()) throw new Stopped()
  }
}
