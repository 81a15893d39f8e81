import { put } from './client-limits.js'
import { Sensors } from './sensors.js'
import { WindowedRate, type Windows } from './windowed-rate.js'

/** Turns the names of hosts into addresses. */
export interface HostNames {
  /** Returns the address that a text is, in the form that connections have; null where it is none. */
  literal(host: string): string | null
  /** Resolves to the address of a host; null where it is not known. */
  lookUp(host: string): Promise<string | null>
}

/** The quota of connections from one address to one node (KIP-612). */
export class ConnectionQuota {
  /** The limits by address, that of all others under null. */
  readonly #limits = new Map<string | null, number>()
  /** The limits by the names for which they were set. */
  readonly #named = new Map<string | null, number>()
  /** The addresses of those names. */
  readonly #addresses = new Map<string, string>()
  readonly #sensors: Sensors<WindowedRate>

  constructor(
    private readonly windows: Windows,
    mostSensors: number,
    private readonly hosts: HostNames,
  ) {
    this.#sensors = new Sensors(mostSensors, () => new WindowedRate(windows))
  }

  get isEmpty(): boolean {
    return this.#limits.size === 0
  }

  /**
   * Sets the limit of an address, of a host or, for null, of all others; a limit of null takes it back. The limit of a
   * host counts once its address is known, and then until it is taken back.
   */
  async set(name: string | null, limit: number | null): Promise<void> {
    put(this.#named, name, limit)
    if (name === null) {
      put(this.#limits, null, limit)
      return
    }
    const known = this.hosts.literal(name) ?? this.#addresses.get(name) ?? null
    if (known === null && limit === null) return // its address was never known, so that it limits nothing
    const address = known ?? (await this.hosts.lookUp(name))
    if (address === null) throw new Error(`the host '${name}' is not known`)
    const now = this.#named.get(name) ?? null
    put(this.#limits, address, now)
    if (now === null) this.#addresses.delete(name)
    else this.#addresses.set(name, address)
  }

  /**
   * Records a connection. Returns how long it is to be kept waiting before it is closed; 0 where it may be served. One
   * that is turned away does not count.
   */
  record(nodeId: number, address: string, nowMs: number): number {
    const limit = this.#limits.get(address) ?? this.#limits.get(null)
    if (limit === undefined) return 0
    const rate = this.#sensors.of(`${nodeId} ${address}`, nowMs)
    rate.record(1, nowMs)
    const waitMs = Math.round(Math.min(rate.throttleMs(limit, 1, nowMs), this.windows.windowMs))
    if (waitMs > 0) rate.record(-1, nowMs)
    return waitMs
  }
}
