import { type Client, ClientLimits } from './client-limits.js'
import { Sensors } from './sensors.js'
import { TokenBucket } from './token-bucket.js'
import type { Windows } from './windowed-rate.js'

/** The quota of partitions that a client makes and deletes, in all nodes together (KIP-599). */
export class MutationQuota {
  readonly limits = new ClientLimits()
  readonly #sensors: Sensors<TokenBucket>

  constructor(windows: Windows, mostSensors: number) {
    this.#sensors = new Sensors(mostSensors, () => new TokenBucket(windows))
  }

  /** Records partitions that are made or deleted. Returns how long the client has to wait for it. */
  record(client: Client, partitions: number, nowMs: number): number {
    const limit = this.limits.of(client)
    if (!limit) return 0
    const bucket = this.#sensors.of(limit.sharedBy, nowMs)
    bucket.take(partitions, limit.perSecond, nowMs)
    return bucket.throttleMs(limit.perSecond, nowMs)
  }

  /** Returns how long the client has to wait before it may do anything at all. */
  throttleMs(client: Client, nowMs: number): number {
    const limit = this.limits.of(client)
    return limit ? this.#sensors.of(limit.sharedBy, nowMs).throttleMs(limit.perSecond, nowMs) : 0
  }
}
