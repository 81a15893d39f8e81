/** Ways in which a file is not what was written. */
export const damages = {
  'a bit flipped': (bytes: Buffer, random: () => number) => {
    const damaged = Buffer.from(bytes)
    const at = Math.floor(random() * damaged.length)
    damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    return damaged
  },
  'cut in half': (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1),
  'followed by zeros': (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(4096)]),
  'filled with garbage': (bytes: Buffer, random: () => number) =>
    Buffer.from(Array.from(bytes, () => Math.floor(random() * 256))),
  deleted: () => null,
} as const satisfies Record<string, (bytes: Buffer, random: () => number) => Buffer | null>

export type Damage = keyof typeof damages

export const damageNames = Object.keys(damages) as Damage[]
