import { setImmediate as others } from 'node:timers/promises'

/** Long enough that the turns of the event loop cost little, and short enough that nobody notices a few of them. */
const sliceMs = 2
/** What is read and written passes through the operating system, of which a clock says little. */
const sliceBytes = 128 * 1024

/** What is thrown where a compaction was told to stop. */
export class Stopped extends Error {}

/** Lets everyone else be served between slices of a long work. */
export class Pace {
  #sinceMs = performance.now()
  #bytes = 0

  /** Once `isStopped` says so the work ends, at the end of a slice. */
  constructor(private readonly isStopped: () => boolean) {}

  /** Whether a slice is over. */
  get isDue(): boolean {
    return this.#bytes >= sliceBytes || performance.now() - this.#sinceMs >= sliceMs
  }

  /** So much was read or written. */
  passed(bytes: number): void {
    this.#bytes += bytes
  }

  /** Throws Stopped. */
  async rest(): Promise<void> {
    await others()
    if (this.isStopped()) throw new Stopped()
    this.#bytes = 0
    this.#sinceMs = performance.now()
  }
}
