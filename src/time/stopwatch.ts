/**
 * Returns the milliseconds since the process began, by a time that is never set: the difference of two readings tells
 * how long something took.
 */
export const stopwatch = (): number => performance.now()
