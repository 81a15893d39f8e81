/** The most that is handed to a socket at once, so that a slow reader is seen to take in something. */
const portionBytes = 1024 * 1024

/** A reply behind its length, in portions of chunks; no byte of it is copied. */
export function* portions(reply: readonly Buffer[]): Generator<Buffer[]> {
  const length = Buffer.allocUnsafe(4)
  length.writeInt32BE(reply.reduce((sum, chunk) => sum + chunk.length, 0))
  let portion: Buffer[] = [length]
  let room = portionBytes
  for (const chunk of reply) {
    let rest = chunk
    while (rest.length > room) {
      portion.push(rest.subarray(0, room))
      rest = rest.subarray(room)
      yield portion
      portion = []
      room = portionBytes
    }
    portion.push(rest)
    room -= rest.length
  }
  yield portion
}
