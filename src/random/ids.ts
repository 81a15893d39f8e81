import { randomFillSync } from 'node:crypto'

/** Makes ids that were never given before. */
export interface Ids {
  /** Returns 16 bytes in Kafka's notation; never one that begins with '-', which command lines take for a flag. */
  newId(): string
  /** Returns 16 bytes as text in five groups, as Java writes a UUID. */
  newUuid(): string
}

/** Makes ids of the bytes that `fill` gives: the same bytes make the same ids. */
export function idsFrom(fill: (bytes: Buffer) => void): Ids {
  const uuid = () => {
    const bytes = Buffer.alloc(16)
    fill(bytes)
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40 // version 4
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80 // variant of RFC 9562
    return bytes
  }
  return {
    newId() {
      for (;;) {
        const id = uuid().toString('base64url')
        if (!id.startsWith('-')) return id
      }
    },
    newUuid: () =>
      uuid()
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  }
}

/** Makes ids of the operating system's randomness. */
export const randomIds: Ids = idsFrom(bytes => void randomFillSync(bytes))

/** Makes ids of a test's random numbers: the same numbers from 0 up to 1 make the same ids. */
export const idsByChance = (random: () => number): Ids =>
  idsFrom(bytes => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256)
  })

export const newId = (): string => randomIds.newId()
