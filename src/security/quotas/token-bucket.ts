import type { Windows } from './windowed-rate.js'

/**
 * A token bucket (KIP-599): it fills at the rate of the limit, up to what the limit allows in all windows together, and
 * what is done takes tokens out. It may go below zero, and then nothing is allowed until it has filled up to zero again.
 */
export class TokenBucket {
  #tokens = 0
  #filledMs = -Infinity

  constructor(private readonly windows: Windows) {}

  take(tokens: number, limit: number, nowMs: number): void {
    this.#fill(limit, nowMs)
    this.#tokens -= tokens
  }

  /** Returns how long it takes until the bucket has no less than nothing. */
  throttleMs(limit: number, nowMs: number): number {
    this.#fill(limit, nowMs)
    return this.#tokens < 0 ? (-this.#tokens / limit) * 1000 : 0
  }

  #fill(limit: number, nowMs: number): void {
    const { count, windowMs } = this.windows
    const most = (count * windowMs * limit) / 1000
    const passedMs = Math.max(0, nowMs - this.#filledMs) // a clock that was set back fills nothing
    this.#filledMs = nowMs
    this.#tokens = Math.min(most, this.#tokens + (limit * passedMs) / 1000)
  }
}
