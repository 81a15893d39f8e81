/** What is posted here goes nowhere: there is no other end. */
let nowhere: InstanceType<typeof MessageChannel>['port1'] | null = null

/**
 * Gives the memory of a chunk that came from a socket back at once. Node reads into 64 KiB that are new each
 * time and leaves them to the garbage collector, which for every 16 MiB received looks at all that there is:
 * the largest part of the work of a large request. A buffer that is handed over to another thread is ours no
 * longer, and one that is handed over to nobody is freed.
 */
export function discard({ buffer, length }: Buffer): void {
  if (length !== buffer.byteLength) return // others may look into the rest
  if (!nowhere) {
    const { port1, port2 } = new MessageChannel()
    port2.close()
    nowhere = port1
  }
  nowhere.postMessage(null, [buffer as ArrayBuffer])
}
