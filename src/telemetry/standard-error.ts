import { writeSync } from 'node:fs'

const descriptor = 2
/**
 * A reader that has stopped reading keeps the broker waiting for so long, once; then lines are dropped until it reads
 * again.
 */
const patienceMs = 1000
const pauseMs = 5
const nothing = Buffer.alloc(0)

/**
 * Writes to standard error at once, so that all lines are out when the process ends. The broker goes on whatever
 * becomes of it: lines that a closed, full or frozen one does not take are dropped, and their number is told when it
 * takes something again.
 */
export class StandardError {
  #dropped = 0
  /** The rest of a line that was written in part. */
  #rest: Buffer = nothing

  /** Makes a writer; `told` gives the line that says how many were dropped. */
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

  /** Writes the bytes, and returns how many of them were taken. */
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

/** Blocks the process for so long, at the only place that does: there is no other way to wait for the reader here. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
