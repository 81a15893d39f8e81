interface Kept<S> {
  readonly sensor: S
  usedMs: number
}

/** A sensor that nothing was recorded with for so long is forgotten, as in Kafka. */
const expiresAfterMs = 3_600_000

/**
 * Keeps what is measured of each client, in the order of last use. Client ids come and go, so that it forgets: a sensor
 * that was not used for an hour, and the one that was not used for longest where there would be too many.
 */
export class Sensors<S> {
  readonly #kept = new Map<string, Kept<S>>()

  constructor(
    private readonly most: number,
    private readonly make: () => S,
  ) {}

  get count(): number {
    return this.#kept.size
  }

  /** Gives the sensor of this name, a new one where there is none. */
  of(name: string, nowMs: number): S {
    const known = this.#kept.get(name)
    if (!known) this.#makeRoom(nowMs)
    const kept = known ?? { sensor: this.make(), usedMs: nowMs }
    kept.usedMs = nowMs
    this.#kept.delete(name)
    this.#kept.set(name, kept)
    return kept.sensor
  }

  #makeRoom(nowMs: number): void {
    for (const [name, { usedMs }] of this.#kept) {
      if (this.#kept.size < this.most && nowMs - usedMs < expiresAfterMs) return
      this.#kept.delete(name)
    }
  }
}
