/** A fetch that waits for data, and the client that sent it. */
export interface ParkedFetch {
  readonly clientId: string
  readonly clientHost: string
  /** Has the fetch answered with what there is. */
  readonly hurry: () => void
}

/** Keeps the fetches that wait for data, so that a client that leaves its group need not wait for its own. */
export class ParkedFetches {
  /** Bounded by the connections: each parks one fetch at most. */
  readonly #parked = new Set<ParkedFetch>()

  /** Keeps a fetch. Returns a function that forgets it once it is answered. */
  park(fetch: ParkedFetch): () => void {
    this.#parked.add(fetch)
    return () => this.#parked.delete(fetch)
  }

  hurry(clientId: string, clientHost: string): void {
    for (const fetch of [...this.#parked]) {
      if (fetch.clientId === clientId && fetch.clientHost === clientHost) fetch.hurry()
    }
  }

  hurryAll(): void {
    for (const fetch of [...this.#parked]) fetch.hurry()
  }
}
