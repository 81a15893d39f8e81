import { setImmediate as others } from 'node:timers/promises'

/** Long enough that the turns of the event loop cost little, and short enough that nobody notices a few of them. */
const sliceMs = 2

/** What is thrown where a compaction was told to stop. */
export class Stopped extends Error {}

/** Lets everyone else be served between slices of a long work. */
export class Pace {
  #sinceMs = performance.now()

  /** Once `isStopped` says so the work ends, at the end of a slice. */
  constructor(private readonly isStopped: () => boolean) {}

  /** Whether a slice is over. */
  get isDue(): boolean {
    return performance.now() - this.#sinceMs >= sliceMs
  }

  /** Throws Stopped. */
  async rest(): Promise<void> {
    await others()
    if (this.isStopped()) throw new Stopped()
    this.#sinceMs = performance.now()
  }
}
