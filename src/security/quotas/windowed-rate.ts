export interface Windows {
  readonly count: number
  readonly windowMs: number
}

interface Sample {
  startMs: number
  sum: number
}

/**
 * A rate over a sliding window, which is as long as all windows but one (Kafka's SampledStat has the last one for what
 * goes on). What is recorded within one of the windows makes one sample; the oldest sample counts by the part of it that
 * the sliding window covers. A client that comes anew may therefore do in its first moment what it may do in all these
 * windows, as in Kafka. Kafka divides by the time since its oldest sample began, which lets a busy client do a tenth
 * more than its limit; here it is as much as the limit says.
 */
export class WindowedRate {
  /** The samples, the oldest first; one more than there are windows at most. */
  readonly #samples: Sample[] = []
  readonly #spanMs: number
  #latestMs = -Infinity

  constructor(private readonly windows: Windows) {
    this.#spanMs = Math.max(1, windows.count - 1) * windows.windowMs
  }

  record(value: number, nowMs: number): void {
    this.#follow(nowMs)
    const { windowMs } = this.windows
    let sample = this.#samples.at(-1)
    if (!sample || nowMs - sample.startMs >= windowMs) {
      sample = { startMs: nowMs, sum: 0 }
      this.#samples.push(sample)
    }
    sample.sum += value
    while (this.#leftOf(this.#samples[0] as Sample, nowMs) === 0) this.#samples.shift()
  }

  /** Returns the rate in units a second. */
  perSecond(nowMs: number): number {
    this.#follow(nowMs)
    return (this.#sum(nowMs) * 1000) / this.#spanMs
  }

  /**
   * Returns how long a client has to wait that did so much just now; 0 where the rate is within the limit. One that has
   * just gone beyond it waits, as in Kafka, for as long as the excess takes at the limit. One that was beyond it already
   * waits until so much has left the window: else a busy client would get through again and again.
   */
  throttleMs(limit: number, value: number, nowMs: number): number {
    this.#follow(nowMs)
    const most = (limit * this.#spanMs) / 1000
    const sum = this.#sum(nowMs)
    if (!(sum > most)) return 0
    return sum - value > most ? this.#freeMs(sum - most, nowMs) : ((sum - most) / limit) * 1000
  }

  /** Returns how long it takes until so much has left the window. */
  #freeMs(excess: number, nowMs: number): number {
    let left = excess
    for (const { startMs, sum } of this.#samples) {
      const fromMs = Math.max(nowMs, startMs + this.#spanMs)
      const toMs = startMs + this.#spanMs + this.windows.windowMs
      const leaving = (sum * (toMs - fromMs)) / this.windows.windowMs
      if (leaving >= left) return fromMs - nowMs + ((toMs - fromMs) * left) / leaving
      left -= leaving
    }
    return this.#spanMs + this.windows.windowMs // rounding left a rest
  }

  #sum(nowMs: number): number {
    let sum = 0
    for (const sample of this.#samples) sum += sample.sum * this.#leftOf(sample, nowMs)
    return sum
  }

  /** Returns the part of a sample that the window still covers, from 0 to 1. */
  #leftOf({ startMs }: Sample, nowMs: number): number {
    const { windowMs } = this.windows
    return Math.min(1, Math.max(0, (startMs + windowMs + this.#spanMs - nowMs) / windowMs))
  }

  /** Follows a clock that was set back: the samples are as old after it as they were before. */
  #follow(nowMs: number): void {
    const backMs = this.#latestMs - nowMs
    this.#latestMs = nowMs
    if (!(backMs > 0 && backMs < Infinity)) return
    for (const sample of this.#samples) sample.startMs -= backMs
  }
}
