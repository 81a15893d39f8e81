/** The most bytes that are handed to a socket at once, so that a slow reader is seen to take in something. */
const portionBytes = 1024 * 1024
/** Below this size one buffer that was copied is written faster than several. */
const smallBytes = 4096

/** Returns a reply behind its length, in portions of chunks. No byte of a large one is copied. */
export function portions(reply: readonly Buffer[]): Iterable<readonly Buffer[]> {
  let bytes = 0
  for (const chunk of reply) bytes += chunk.length
  return bytes <= smallBytes ? [[joined(reply, bytes)]] : cut(reply, bytes)
}

function joined(reply: readonly Buffer[], bytes: number): Buffer {
  const whole = Buffer.allocUnsafe(4 + bytes)
  let at = whole.writeInt32BE(bytes)
  for (const chunk of reply) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

function* cut(reply: readonly Buffer[], bytes: number): Generator<readonly Buffer[]> {
  const length = Buffer.allocUnsafe(4)
  length.writeInt32BE(bytes)
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
