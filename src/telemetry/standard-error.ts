import { writeSync } from 'node:fs'

const descriptor = 2
/** So long a reader that has stopped reading keeps the broker waiting, once; then lines are dropped until it reads again. */
const patienceMs = 1000
const pauseMs = 5
const nothing = Buffer.alloc(0)

/**
 * Standard error, written at once, so that what was said is out when the process ends. Nothing that happens to it is
 * the broker's affair: what a closed, full or frozen one does not take is dropped, and how many lines that were is told
 * when it takes something again.
 */
export class StandardError {
  #dropped = 0
  /** The rest of a line that was begun. */
  #rest: Buffer = nothing

  /** `told` gives the line that says how many were dropped. */
  constructor(
    private readonly told: (dropped: number) => string,
    private readonly writeBytes: typeof writeSync = writeSync,
  ) {}

  write(line: string): void {
    const loss = this.#dropped > 0 ? this.told(this.#dropped) : ''
    const bytes = Buffer.concat([this.#rest, Buffer.from(loss + line)])
    const taken = this.#taken(bytes)
    if (taken > this.#rest.length) {
      this.#dropped = 0
      this.#rest = bytes.subarray(taken)
    } else {
      this.#dropped += 1
      this.#rest = this.#rest.subarray(taken)
    }
  }

  /** How many of the bytes were taken. */
  #taken(bytes: Buffer): number {
    let leftMs = this.#dropped > 0 || this.#rest.length > 0 ? 0 : patienceMs
    let at = 0
    while (at < bytes.length) {
      try {
        at += this.writeBytes(descriptor, bytes, at, bytes.length - at)
      } catch (thrown) {
        if (!isBusy(thrown) || leftMs <= 0) return at
        sleep(pauseMs)
        leftMs -= pauseMs
      }
    }
    return at
  }
}

const isBusy = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN'

/** The one place where the process waits: there is nobody to hand the line to. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
