import { lazyPackage, onceLoaded, packageFile } from '../../loading/lazy-package.js'
import { TooLarge } from './too-large.js'
import type { Zstd } from './zstd.js'
import { type ZstdFrame, zstdFrames } from './zstd-frame.js'

/**
 * A frame that holds no more is inflated in this thread, which takes about 10 ms. Memory of WebAssembly never shrinks,
 * so a larger one is inflated in a thread of its own, whose memory is freed with it.
 */
const mostBytesHere = 4 * 1024 * 1024
const mostBytesCompressedHere = 1024 * 1024

interface Wasm {
  init(): Promise<void>
  compress(bytes: Uint8Array): Uint8Array
  decompress(bytes: Uint8Array, options: { readonly defaultHeapSize: number }): Uint8Array
}

const packageName = '@bokuweb/zstd-wasm'
/** The error by which the library reports that the output does not fit. */
const outputTooSmall = /-70\b/

/** Makes Zstandard by WebAssembly, which inflates a frame as a whole: memory for all of it is taken before. */
export function wasmZstd(): Zstd {
  const wasm = lazyPackage<Wasm>(packageName)
  const ready = onceLoaded(() => wasm.init())
  return {
    async compress(bytes) {
      await ready()
      if (bytes.length > mostBytesCompressedHere) return elsewhere('compress', bytes, null)
      return asBuffer(wasm.compress(bytes))
    },
    async *inflate(bytes, maxBytes) {
      await ready()
      let left = maxBytes
      for (const frame of zstdFrames(bytes)) {
        const found = await inflated(wasm, frame, left)
        left -= found.length
        yield found
      }
    },
    holdsBytes: (bytes, maxBytes) => {
      let most = 0
      for (const frame of zstdFrames(bytes)) most = Math.max(most, Math.min(frame.mostBytes, maxBytes))
      return 2 * most + bytes.length // WebAssembly's own output, and the copy of it
    },
  }
}

async function inflated(wasm: Wasm, { bytes, mostBytes }: ZstdFrame, maxBytes: number): Promise<Buffer> {
  const room = Math.min(mostBytes, maxBytes)
  try {
    if (Math.max(bytes.length, room) > mostBytesHere) return await elsewhere('decompress', bytes, room)
    return asBuffer(wasm.decompress(bytes, { defaultHeapSize: room }))
  } catch (thrown) {
    const isFull = thrown instanceof Error && outputTooSmall.test(thrown.message)
    throw isFull && mostBytes > maxBytes ? new TooLarge() : thrown
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** The code of the thread, as text, since a bundled program has no file for it. */
const once = `
const { parentPort, workerData } = require('node:worker_threads')
const wasm = require(workerData.path)
wasm.init().then(() => {
  const { work, bytes, room } = workerData
  const found = wasm[work](bytes, room === null ? undefined : { defaultHeapSize: room })
  parentPort.postMessage(found, [found.buffer])
})
`

function elsewhere(work: 'compress' | 'decompress', bytes: Buffer, room: number | null): Promise<Buffer> {
  const { Worker } = lazyPackage<typeof import('node:worker_threads')>('node:worker_threads')
  const path = packageFile(packageName)
  return new Promise((resolve, reject) => {
    const worker = new Worker(once, { eval: true, execArgv: [], workerData: { path, work, bytes, room } })
    worker.once('message', (found: Uint8Array) => resolve(asBuffer(found)))
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('a thread for zstd ended without a result')))
  })
}
