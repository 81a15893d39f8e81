export interface Windows {
  readonly count: number
  readonly windowMs: number
}

interface Sample {
  startMs: number
  latestMs: number
  sum: number
}

/**
 * A rate over the last windows, as Kafka takes it (Rate over SampledStat). What is recorded within one window makes one
 * sample; samples are forgotten once they are older than all windows together. The rate is the sum of the samples over
 * the time since the oldest began, which counts as all windows but the one that has just begun where it is less: a
 * client that comes anew may do in its first moment what it may do in all these windows.
 */
export class WindowedRate {
  readonly #samples: Sample[] = []
  #current = 0
  #latestMs = -Infinity

  constructor(private readonly windows: Windows) {}

  record(value: number, nowMs: number): void {
    this.#follow(nowMs)
    let sample = this.#samples[this.#current] ?? this.#begin(nowMs)
    if (nowMs - sample.startMs >= this.windows.windowMs) {
      this.#current = (this.#current + 1) % (this.windows.count + 1) // one more, which the windows cover in part
      sample = this.#begin(nowMs)
    }
    sample.sum += value
    sample.latestMs = nowMs
  }

  /** Returns the rate in units a second. */
  perSecond(nowMs: number): number {
    this.#follow(nowMs)
    this.#forget(nowMs)
    let sum = 0
    for (const sample of this.#samples) sum += sample.sum
    return (sum * 1000) / this.#spanMs(nowMs)
  }

  /** Returns how long it takes until the rate is no higher than the limit; 0 where it is not. */
  throttleMs(limit: number, nowMs: number): number {
    const rate = this.perSecond(nowMs)
    return rate > limit ? ((rate - limit) / limit) * this.#spanMs(nowMs) : 0
  }

  #begin(nowMs: number): Sample {
    const sample = { startMs: nowMs, latestMs: nowMs, sum: 0 }
    this.#samples[this.#current] = sample
    return sample
  }

  #forget(nowMs: number): void {
    const { count, windowMs } = this.windows
    for (const sample of this.#samples) {
      if (nowMs - sample.latestMs < count * windowMs) continue
      sample.startMs = nowMs
      sample.latestMs = nowMs
      sample.sum = 0
    }
  }

  #spanMs(nowMs: number): number {
    const { count, windowMs } = this.windows
    let oldestMs = nowMs
    for (const { startMs } of this.#samples) oldestMs = Math.min(oldestMs, startMs)
    const spanMs = nowMs - oldestMs
    const lacking = Math.max(0, count - 1 - Math.floor(spanMs / windowMs))
    return Math.max(1, spanMs + lacking * windowMs)
  }

  /** Follows a clock that was set back: the samples are as old after it as they were before. */
  #follow(nowMs: number): void {
    const backMs = this.#latestMs - nowMs
    this.#latestMs = nowMs
    if (!(backMs > 0 && backMs < Infinity)) return
    for (const sample of this.#samples) {
      sample.startMs -= backMs
      sample.latestMs -= backMs
    }
  }
}
