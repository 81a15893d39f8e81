/** Things with the number of times that each was put in; those that have the same key are one. */
export class Counted<T> {
  readonly #counts = new Map<unknown, { readonly thing: T; times: number }>()

  constructor(private readonly keyOf: (thing: T) => unknown) {}

  /** The number of different things. */
  get size(): number {
    return this.#counts.size
  }

  [Symbol.iterator](): Iterator<T> {
    return this.changed([], [])
  }

  timesOf(thing: T): number {
    return this.#counts.get(this.keyOf(thing))?.times ?? 0
  }

  /** Puts a thing in. Returns the first of those that have its key, which stands for all of them. */
  add(thing: T): T {
    const key = this.keyOf(thing)
    const found = this.#counts.get(key)
    if (!found) this.#counts.set(key, { thing, times: 1 })
    else found.times++
    return found?.thing ?? thing
  }

  /** Takes one out that was put in. */
  delete(thing: T): void {
    const key = this.keyOf(thing)
    const found = this.#counts.get(key)
    if (!found) return
    found.times--
    if (found.times === 0) this.#counts.delete(key)
  }

  /** The things that would be in, each once, were some taken out and others put in. */
  *changed(without: Iterable<T>, also: Iterable<T>): Generator<T> {
    const out = new Map<unknown, number>()
    for (const thing of without) {
      const key = this.keyOf(thing)
      out.set(key, (out.get(key) ?? 0) + 1)
    }
    const given = new Set<unknown>()
    for (const [key, { thing, times }] of this.#counts) {
      if (times <= (out.get(key) ?? 0)) continue
      given.add(key)
      yield thing
    }
    for (const thing of also) {
      const key = this.keyOf(thing)
      if (given.has(key)) continue
      given.add(key)
      yield thing
    }
  }
}
