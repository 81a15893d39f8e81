const longestMs = 10

/**
 * Cuts long work into turns of the event loop, so that others are served in between. An object is made for each
 * request (or other work), and asked after each step:
 *
 *     const pause = turns.pause()
 *     if (pause) await pause
 *
 * Those that pause go on first come, first served, and only one of them in each turn: a turn stays as short with many
 * long requests as with one.
 */
export class Turns {
  #sinceMs = performance.now()

  constructor(private readonly turnMs: number = longestMs) {}

  /** Null while the present turn is young; otherwise a promise that resolves in a later turn. */
  pause(): Promise<void> | null {
    return this.isOver ? this.next() : null
  }

  /** Whether the present turn has lasted as long as one may. */
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

/** What becomes of each, one after the other, in turns. */
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

/** There is one event loop for the process, and so there is one queue of those that wait for a turn of it. */
const waiting: (() => void)[] = []

function resumeOne(): void {
  waiting[0]?.()
  waiting.shift()
  if (waiting.length > 0) setImmediate(resumeOne)
}
