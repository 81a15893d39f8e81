/** Bounds the bytes of requests that are held at once; who comes when it is used up waits to be called. */
export class MemoryBudget {
  #used = 0
  readonly #waiting = new Set<() => void>()

  constructor(private readonly maxBytes: number) {}

  get exhausted(): boolean {
    return this.#used >= this.maxBytes
  }

  take(bytes: number): void {
    this.#used += bytes
  }

  give(bytes: number): void {
    this.#used -= bytes
    if (this.exhausted) return
    for (const proceed of [...this.#waiting]) {
      this.#waiting.delete(proceed)
      proceed()
    }
  }

  /** Calls back once when there is room again. Returns how to stop waiting. */
  whenFree(proceed: () => void): () => void {
    this.#waiting.add(proceed)
    return () => this.#waiting.delete(proceed)
  }
}
