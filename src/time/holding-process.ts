const longestMs = 2 ** 31 - 1

/** Keeps the process alive until the work is over, however it ends, so that code that awaits it sees the end. */
export async function holdingProcess<T>(work: () => Promise<T>): Promise<T> {
  const hold = setInterval(() => {}, longestMs)
  try {
    return await work()
  } finally {
    clearInterval(hold)
  }
}
