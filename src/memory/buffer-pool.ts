/** Buffers below this size are cheaper to make than to keep. */
export const leastPooledBytes = 4097
const largestPooledBytes = 4 * 1024 * 1024

/**
 * Keeps large buffers to use them again. A new one costs the kernel a page fault for each 4 KiB, and the garbage
 * collector runs over the whole heap whenever enough of them have come and gone.
 */
export class BufferPool {
  /** The free buffers by their size, a power of two. */
  readonly #free = new Map<number, ArrayBufferLike[]>()
  readonly #taken = new WeakSet<ArrayBufferLike>()
  #freeBytes = 0

  /** Makes a pool that keeps at most so many bytes for later. */
  constructor(private readonly mostBytes: number) {}

  /** Returns a buffer of this length; it may hold any bytes. */
  take(length: number): Buffer {
    if (length < leastPooledBytes || length > largestPooledBytes) return Buffer.allocUnsafe(length)
    const size = 1 << (32 - Math.clz32(length - 1)) // the power of two that it fits in
    const free = this.#free.get(size)?.pop()
    if (free) this.#freeBytes -= size
    const memory = free ?? Buffer.allocUnsafeSlow(size).buffer
    this.#taken.add(memory)
    return Buffer.from(memory, 0, length)
  }

  /**
   * Takes back what `take` gave, or a view of it; nothing may use it any more. Buffers from elsewhere are left alone.
   */
  give({ buffer: memory }: Buffer): void {
    const size = memory.byteLength
    if (!this.#taken.delete(memory) || this.#freeBytes + size > this.mostBytes) return
    const free = this.#free.get(size)
    if (free) free.push(memory)
    else this.#free.set(size, [memory])
    this.#freeBytes += size
  }
}
