const longestMs = 10

/**
 * Cuts long work into turns of the event loop, so that others are served in between. An object is made for each request
 * (or other work), and asked after each step:
 *
 *     const pause = turns.pause()
 *     if (pause) await pause
 *
 * Pauses end first come, first served, and only one in each turn: a turn stays as short with many long requests as with
 * one.
 */
export class Turns {
  #sinceMs = performance.now()

  constructor(private readonly turnMs: number = longestMs) {}

  /** Returns null while the present turn is young; otherwise a promise that resolves in a later turn. */
  pause(): Promise<void> | null {
    return this.isOver ? this.next() : null
  }

  /** True where the present turn has lasted as long as one may. */
  get isOver(): boolean {
    return performance.now() - this.#sinceMs >= this.turnMs
  }

  /** Resolves in a later turn, however young the present one is. */
  next(): Promise<void> {
    return new Promise(resolve => {
      waiting.push(() => {
        this.#sinceMs = performance.now()
        resolve()
      })
      if (waiting.length === 1) setImmediate(resumeOne)
    })
  }
}

/** Acts once the code that runs now has come to its end, before anything else of the event loop's. */
export function beforeAllElse(act: () => void): void {
  process.nextTick(act)
}

/**
 * Calls functions in their order, until the present turn of the event loop is over; the others are called in later
 * ones. A turn is over when it has lasted too long, or after so many calls: what each sets going (a reply that is put
 * into bytes and sent) runs when the turn's own work is done, and together would take long.
 */
export class Paced {
  readonly #waiting: (() => void)[] = []
  #called = 0
  #sinceMs = 0

  constructor(private readonly mostInTurn: number) {}

  /** Calls the function now or, where others wait or the turn is over, in a later turn. */
  call(act: () => void): void {
    if (this.#called === 0) this.#begin()
    if (this.#waiting.length > 0 || this.#isOver) {
      this.#waiting.push(act)
      return
    }
    this.#called++
    act()
  }

  /** Begins a turn, which ends when the event loop comes round. */
  #begin(): void {
    this.#sinceMs = performance.now()
    setImmediate(() => {
      this.#called = 0
      if (this.#waiting.length > 0) this.#goOn()
    })
  }

  #goOn(): void {
    this.#begin()
    let next = 0
    while (next < this.#waiting.length && !this.#isOver) {
      this.#called++
      this.#waiting[next++]?.()
    }
    this.#waiting.splice(0, next)
  }

  get #isOver(): boolean {
    return this.#called >= this.mostInTurn || performance.now() - this.#sinceMs >= longestMs
  }
}

/** Returns the results of `act` for each, one after the other, in turns. */
export async function inTurns<T, R>(
  all: Iterable<T>,
  act: (each: T) => R | Promise<R>,
  turns = new Turns(),
): Promise<R[]> {
  const results: R[] = []
  for (const each of all) {
    const result = act(each)
    results.push(result instanceof Promise ? await result : result)
    const pause = turns.pause()
    if (pause) await pause
  }
  return results
}

/** Makes a set of all values, in turns, for putting very many into one takes long. */
export async function setInTurns<T>(all: Iterable<T>, turns = new Turns()): Promise<Set<T>> {
  const set = new Set<T>()
  for (const each of all) {
    set.add(each)
    const pause = turns.pause()
    if (pause) await pause
  }
  return set
}

/** So many are sorted at once, which takes about a millisecond. */
const sortedAtOnce = 2048

/** Sorts strings as `sort()` does: runs of them are sorted, then merged two by two. */
export async function sortedInTurns(all: readonly string[], turns: Turns): Promise<string[]> {
  let runs: string[][] = []
  for (let from = 0; from < all.length; from += sortedAtOnce) {
    runs.push(all.slice(from, from + sortedAtOnce).sort())
    const pause = turns.pause()
    if (pause) await pause
  }
  while (runs.length > 1) {
    const merged: string[][] = []
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(await mergedInTurns(runs[i] as string[], runs[i + 1] ?? [], turns))
    }
    runs = merged
  }
  return runs[0] ?? []
}

async function mergedInTurns(left: string[], right: string[], turns: Turns): Promise<string[]> {
  const merged: string[] = []
  let [l, r] = [0, 0]
  while (l < left.length && r < right.length) {
    const isLeft = (left[l] as string) <= (right[r] as string)
    merged.push((isLeft ? left[l++] : right[r++]) as string)
    const pause = turns.pause()
    if (pause) await pause
  }
  return merged.concat(left.slice(l), right.slice(r))
}

/** There is one event loop for the process, and so there is one queue of pauses that wait for a turn of it. */
const waiting: (() => void)[] = []

function resumeOne(): void {
  waiting[0]?.()
  waiting.shift()
  if (waiting.length > 0) setImmediate(resumeOne)
}
