import { KafkaError } from '../../wire/errors.js'
import type { MutationQuota } from './mutation-quota.js'
import type { Asking, RateQuota } from './rate-quota.js'

/** The kinds of quotas that requests use up. */
export interface RequestQuotas {
  readonly produce: RateQuota
  readonly fetch: RateQuota
  readonly request: RateQuota
  readonly mutation: MutationQuota
}

export interface Times {
  now(): number
  /** Returns milliseconds with fractions, from any beginning. */
  stopwatch(): number
}

const longestThrottleMs = 2 ** 31 - 1
/** The quota of requests is a percentage of the time of one thread: so much of it is a millisecond within a second. */
const percentPerMs = 100 / 1000

/**
 * Counts what one request uses up of its client's quotas, and how long the client has to wait for it. Handlers report
 * bytes and partitions; the time that the request takes is measured until its handler first waits, and again while its
 * reply is encoded.
 */
export class RequestQuota {
  #sinceMs: number
  #spentMs = 0
  #isRunning = true
  #isTimeRecorded = false
  #throttleMs = 0

  constructor(
    private readonly quotas: RequestQuotas,
    private readonly asking: Asking,
    private readonly requestBytes: number,
    private readonly times: Times,
  ) {
    this.#sinceMs = times.stopwatch()
  }

  /** Begins the measuring of time anew. */
  begins(): void {
    this.#sinceMs = this.times.stopwatch()
    this.#isRunning = true
  }

  /** Ends the measuring of time until the reply is encoded: the handler waits, or is done. */
  pauses(): void {
    if (!this.#isRunning) return
    this.#isRunning = false
    this.#spentMs += this.times.stopwatch() - this.#sinceMs
  }

  /** The most bytes that a fetch should read: with more it would have to wait whatever was read before. */
  get mostFetchBytes(): number {
    return this.quotas.fetch.mostAtOnce(this.asking)
  }

  /** Records the bytes of the records that a fetch has read. Returns false where the client may not have them yet. */
  fetched(bytes: number): boolean {
    const now = this.times.now()
    this.#recordTime()
    this.#waits(this.quotas.fetch.record(this.asking, bytes, now))
    if (this.throttleTimeMs === 0) return true
    this.quotas.fetch.takeBack(this.asking, bytes, now)
    return false
  }

  /** Records the bytes of a request that brings records. */
  produced(): void {
    this.#waits(this.quotas.produce.record(this.asking, this.requestBytes, this.times.now()))
  }

  /**
   * Records partitions that are made or deleted. A client that knows of this error gets it where its quota is used up:
   * throws THROTTLING_QUOTA_EXCEEDED, and nothing is recorded.
   */
  mutates(partitions: number, isStrict: boolean, inWords?: string): void {
    const now = this.times.now()
    const { mutation } = this.quotas
    if (!isStrict) {
      this.#waits(mutation.record(this.asking, partitions, now))
      return
    }
    const throttleMs = mutation.throttleMs(this.asking, now)
    this.#waits(throttleMs)
    if (throttleMs > 0) throw new KafkaError('THROTTLING_QUOTA_EXCEEDED', inWords)
    mutation.record(this.asking, partitions, now)
  }

  /** Ends the request. One without a reply does not wait for the time that it took, as in Kafka. */
  answers(hasReply: boolean): void {
    this.pauses()
    if (hasReply) this.#recordTime()
    this.begins()
  }

  /** Records the time that its reply took to encode, which nobody waits for any more. */
  encoded(): void {
    this.#spentMs = 0
    this.pauses()
    this.quotas.request.record(this.asking, this.#spentMs * percentPerMs, this.times.now())
  }

  /** The time for which the client has to wait, in whole milliseconds. */
  get throttleTimeMs(): number {
    return Math.min(longestThrottleMs, Math.round(this.#throttleMs))
  }

  #recordTime(): void {
    if (this.#isTimeRecorded) return
    this.#isTimeRecorded = true
    this.#waits(this.quotas.request.record(this.asking, this.#spentMs * percentPerMs, this.times.now()))
  }

  #waits(throttleMs: number): void {
    this.#throttleMs = Math.max(this.#throttleMs, throttleMs)
  }
}
