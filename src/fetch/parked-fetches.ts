/** Fetches that wait for data, by the client that sent them, so that a client that leaves need not wait for its own. */
export class ParkedFetches {
  readonly #parked = new Map<string, Set<() => void>>()

  /** Returns how to forget the fetch once it is answered. Bounded by the connections: each parks one fetch at most. */
  park(clientId: string, clientHost: string, hurry: () => void): () => void {
    const key = keyOf(clientId, clientHost)
    const parked = this.#parked.get(key) ?? new Set()
    this.#parked.set(key, parked.add(hurry))
    return () => {
      parked.delete(hurry)
      if (parked.size === 0 && this.#parked.get(key) === parked) this.#parked.delete(key)
    }
  }

  /** Has every parked fetch of this client answered with what there is. */
  hurry(clientId: string, clientHost: string): void {
    for (const hurry of [...(this.#parked.get(keyOf(clientId, clientHost)) ?? [])]) hurry()
  }

  hurryAll(): void {
    for (const parked of [...this.#parked.values()]) for (const hurry of [...parked]) hurry()
  }
}

const keyOf = (clientId: string, clientHost: string): string => `${clientHost}/${clientId}`
