import type { Socket } from 'node:net'
import type { Logger } from '../telemetry/logger.js'
import { MalformedMessage } from '../wire/reader.js'
import type { Connection, Dispatch } from './dispatch.js'
import { Frames } from './frames.js'
import type { MemoryBudget } from './memory-budget.js'

export interface ConnectionOptions {
  readonly id: number
  readonly nodeId: number
  readonly dispatch: Dispatch
  readonly maxFrameBytes: number
  readonly idleMs: number
  readonly budget: MemoryBudget
  readonly logger: Logger
}

/** Requests that may wait behind the one in flight before the socket is no longer read. */
const mostWaiting = 1
const fetchKey = 1

/**
 * Serves one client until it hangs up. Like Kafka it answers one request at a time, so replies keep
 * their order and a slow reader slows only itself. It reads one frame ahead, only to learn whether
 * a parked fetch keeps something else waiting.
 */
export class ClientConnection implements Connection {
  readonly id: number
  readonly nodeId: number
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly #frames: Frames
  readonly #waiting: Buffer[] = []
  readonly #hurries = new Set<() => void>()
  #busy = false
  #ended = false
  #closing = false
  #held = 0
  #stopWaiting: (() => void) | null = null

  constructor(
    private readonly socket: Socket,
    private readonly options: ConnectionOptions,
  ) {
    this.id = options.id
    this.nodeId = options.nodeId
    this.localAddress = plain(socket.localAddress)
    this.localPort = socket.localPort ?? 0
    this.remoteAddress = plain(socket.remoteAddress)
    this.#frames = new Frames(options.maxFrameBytes)
    socket.setNoDelay(true)
    if (options.idleMs > 0) socket.setTimeout(options.idleMs, () => socket.destroy())
    socket.on('data', chunk => this.#received(chunk))
    socket.on('end', () => this.#halfClosed())
    socket.on('error', error => options.logger.debug(`Connection ${this.remoteAddress}: ${error.message}`))
    socket.on('close', () => this.#closed())
  }

  onHurry(hurry: () => void): () => void {
    if (this.#inHurry) {
      hurry()
      return () => {}
    }
    this.#hurries.add(hurry)
    return () => this.#hurries.delete(hurry)
  }

  /** Answers what is in flight, then hangs up. */
  close(): void {
    this.#closing = true
    this.#hurry()
    if (!this.#busy) this.socket.end()
  }

  destroy(): void {
    this.socket.destroy()
  }

  get #inHurry(): boolean {
    const [next] = this.#waiting
    return this.#ended || this.#closing || this.socket.destroyed || (next !== undefined && !isFetch(next))
  }

  #received(chunk: Buffer): void {
    if (this.#closing) return
    try {
      this.#frames.push(chunk, frame => this.#enqueue(frame))
    } catch (thrown) {
      this.#refuse(thrown)
      return
    }
    void this.#serve()
    if (this.#waiting.length > 0 && this.#inHurry) this.#hurry()
    this.#throttle()
  }

  #enqueue(frame: Buffer): void {
    this.#waiting.push(frame)
    this.#held += frame.length
    this.options.budget.take(frame.length)
  }

  #halfClosed(): void {
    this.#ended = true
    this.#hurry()
    if (!this.#busy) this.socket.end()
  }

  #closed(): void {
    this.#ended = true
    this.#stopWaiting?.()
    this.options.budget.give(this.#held)
    this.#held = 0
    this.#waiting.length = 0
    this.#hurry()
  }

  #hurry(): void {
    for (const hurry of [...this.#hurries]) hurry()
    this.#hurries.clear()
  }

  async #serve(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      for (let frame = this.#waiting.shift(); frame; frame = this.#waiting.shift()) {
        const reply = await this.options.dispatch(frame, this)
        this.#release(frame.length)
        if (this.socket.destroyed) return
        if (reply !== null && !this.#write(reply)) await this.#drained()
        if (this.#closing) break
        this.#throttle()
      }
      if (this.#ended || this.#closing) this.socket.end()
    } catch (thrown) {
      this.#refuse(thrown)
    } finally {
      this.#busy = false
    }
  }

  #release(bytes: number): void {
    if (this.#held === 0) return // the connection is gone, and gave everything back
    this.#held -= bytes
    this.options.budget.give(bytes)
  }

  /** Stops reading while enough requests wait here, or too much is held by all connections. */
  #throttle(): void {
    const { socket } = this
    const { budget } = this.options
    if (this.#waiting.length >= mostWaiting) {
      socket.pause()
    } else if (budget.exhausted && this.#busy) {
      socket.pause()
      this.#stopWaiting ??= budget.whenFree(() => {
        this.#stopWaiting = null
        this.#throttle()
      })
    } else if (socket.isPaused()) socket.resume()
  }

  #write(reply: readonly Buffer[]): boolean {
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(reply.reduce((sum, chunk) => sum + chunk.length, 0))
    this.socket.cork()
    let free = this.socket.write(length)
    for (const chunk of reply) free = this.socket.write(chunk)
    this.socket.uncork()
    return free
  }

  /** Waits until the client has taken in what was written, or is gone. */
  #drained(): Promise<void> {
    const { socket } = this
    return new Promise(resolve => {
      const done = () => {
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
  }

  #refuse(thrown: unknown): void {
    const { logger } = this.options
    if (thrown instanceof MalformedMessage) {
      logger.warn(`Connection of ${this.remoteAddress} closed: it sent ${thrown.message}.`)
    } else if (!(thrown instanceof Error && thrown.name === 'KafkaError')) {
      logger.error(`Connection of ${this.remoteAddress} closed; this is a bug of Ottla.`, thrown)
    }
    this.socket.destroy()
  }
}

const isFetch = (frame: Buffer): boolean => frame.length >= 2 && frame.readInt16BE(0) === fetchKey

/** An IPv4 client of an IPv6 socket is shown as what it is. */
const plain = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/, '')
