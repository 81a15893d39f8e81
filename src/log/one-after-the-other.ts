/** Does the same work for many things, one after the other in the order asked; one that fails holds up no other. */
export function oneAfterTheOther<T>(work: (each: T) => Promise<void>): (each: T) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  return each => {
    const done = last.then(() => work(each))
    last = done.catch(() => {}) // the caller is told
    return done
  }
}
