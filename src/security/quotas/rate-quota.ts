import { type Client, ClientLimits } from './client-limits.js'
import { Sensors } from './sensors.js'
import { WindowedRate, type Windows } from './windowed-rate.js'

/** A client that asks one node: as in Kafka, each node measures for itself. */
export interface Asking extends Client {
  readonly nodeId: number
}

/** One kind of quota that bounds a rate: bytes written, bytes read, or the time that requests take. */
export class RateQuota {
  readonly limits = new ClientLimits()
  readonly #sensors: Sensors<WindowedRate>
  readonly #spanSeconds: number

  constructor(
    windows: Windows,
    mostSensors: number,
    /** The longest time for which the quota has a client wait. */
    private readonly longestMs = Infinity,
  ) {
    this.#spanSeconds = (Math.max(1, windows.count - 1) * windows.windowMs) / 1000
    this.#sensors = new Sensors(mostSensors, () => new WindowedRate(windows))
  }

  /** Records what a client did. Returns how long it has to wait for it; 0 where it is within its quota. */
  record(asking: Asking, value: number, nowMs: number): number {
    const limit = this.limits.of(asking)
    if (!limit) return 0
    const rate = this.#rateOf(asking.nodeId, limit.sharedBy, nowMs)
    rate.record(value, nowMs)
    return Math.min(this.longestMs, rate.throttleMs(limit.perSecond, value, nowMs))
  }

  /** Takes back what was recorded in the same moment, since it was not done after all. */
  takeBack(asking: Asking, value: number, nowMs: number): void {
    const limit = this.limits.of(asking)
    if (limit) this.#rateOf(asking.nodeId, limit.sharedBy, nowMs).record(-value, nowMs)
  }

  /** Returns the most that a client can do at once without having to wait for certain. */
  mostAtOnce(asking: Asking): number {
    const limit = this.limits.of(asking)
    return limit ? limit.perSecond * this.#spanSeconds : Infinity
  }

  #rateOf(nodeId: number, sharedBy: string, nowMs: number): WindowedRate {
    return this.#sensors.of(`${nodeId} ${sharedBy}`, nowMs)
  }
}
