/**
 * Does work once for each key, and shares its result: a client may name the same thing a hundred thousand times, and is
 * to be answered each time.
 */
export function memoized<T, R>(keyOf: (each: T) => string, act: (each: T) => R): (each: T) => R {
  const results = new Map<string, R>()
  return each => {
    const key = keyOf(each)
    const known = results.get(key)
    if (known !== undefined) return known
    const result = act(each)
    results.set(key, result)
    return result
  }
}
