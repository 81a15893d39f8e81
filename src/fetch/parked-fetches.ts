/** A fetch that waits for data, and by whom it was sent. */
export interface ParkedFetch {
  readonly clientId: string
  readonly clientHost: string
  /** Has it answered with what there is. */
  readonly hurry: () => void
}

/** Fetches that wait for data, so that a client that leaves its group need not wait for its own. */
export class ParkedFetches {
  /** Bounded by the connections: each parks one at most. */
  readonly #parked = new Set<ParkedFetch>()

  /** Returns how to forget the fetch once it is answered. */
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
