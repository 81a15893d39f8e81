/** Lets all callers that wait for the disk at the same time share one sync: group commit. */
export class SharedSync {
  #running: Promise<void> | null = null
  #next: Promise<void> | null = null

  constructor(private readonly sync: () => Promise<void>) {}

  /** Resolves when everything that was written before the call is on the disk. */
  join(): Promise<void> {
    // A sync that waits begins a moment after the one before has ended: no call begins another in between.
    if (this.#next) return this.#next
    if (!this.#running) return this.#start()
    // The sync that runs may have begun before the last write.
    this.#next = this.#running
      .catch(() => {})
      .then(() => {
        this.#next = null
        return this.#start()
      })
    return this.#next
  }

  #start(): Promise<void> {
    const running = this.sync().finally(() => {
      this.#running = null
    })
    this.#running = running
    return running
  }
}
