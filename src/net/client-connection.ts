import type { Socket } from 'node:net'
import type { Dispatch } from '../dispatch/dispatch.js'
import type { Connection } from '../handlers/shared/connection.js'
import type { BufferPool } from '../memory/buffer-pool.js'
import type { Recipient, ReplyBudget } from '../memory/reply-budget.js'
import type { Reader, RequestBudget } from '../memory/request-budget.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { beforeAllElse } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import { MalformedMessage } from '../wire/reader.js'
import type { Complaints } from './complaints.js'
import { type Frames, frameBytes } from './frames.js'
import { type Closable, type IdleConnections, neverSeen } from './idle-connections.js'
import { plainAddress } from './plain-address.js'
import { portions } from './portions.js'

export interface ConnectionOptions {
  readonly id: number
  readonly nodeId: number
  readonly dispatch: Dispatch
  readonly frames: Frames
  readonly idle: IdleConnections
  readonly budget: RequestBudget
  readonly replies: ReplyBudget
  readonly pool: BufferPool
  readonly complaints: Complaints
  readonly logger: Logger
  readonly clock: Clock
}

/** Requests that may wait behind the one in flight before the socket is no longer read. */
const mostWaiting = 1
const fetchKey = 1
const nothing = Buffer.alloc(0)

/**
 * Serves one client until it hangs up. Like Kafka it answers one request at a time, so replies keep their order and a
 * slow reader slows only itself. It reads one frame ahead, only to learn whether a parked fetch keeps another request
 * waiting.
 */
export class ClientConnection implements Connection, Reader, Recipient, Closable {
  readonly id: number
  readonly nodeId: number
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  seenMs = neverSeen
  readonly #waiting: Buffer[] = []
  readonly #frame = (frame: Buffer) => void this.#waiting.push(frame)
  /** Called when the request in flight should be answered at once. */
  #onHurry: (() => void) | null = null
  /** Called when the reply in the making has left. */
  #sent: (() => void)[] = []
  #busy = false
  /** True once the client sends no more. */
  #ended = false
  /** True once the broker answers no more than the request in flight. */
  #closing = false
  /** Bytes of requests that were received and are not answered yet. */
  #held = 0
  /** Bytes of the reply in the making that the memory for replies counts. */
  #replyBytes = 0
  /** The number of replies that count there and that the socket has not taken in full. */
  #unsent = 0
  /** The time for which the connection is muted once the reply in the making has left. */
  #muteMs = 0
  /** Ends the time for which the connection is muted; null where it is not. */
  #unmute: (() => void) | null = null

  constructor(
    private readonly socket: Socket,
    private readonly options: ConnectionOptions,
  ) {
    this.id = options.id
    this.nodeId = options.nodeId
    this.localAddress = plainAddress(socket.localAddress)
    this.localPort = socket.localPort ?? 0
    this.remoteAddress = plainAddress(socket.remoteAddress)
    this.remotePort = socket.remotePort ?? 0
    options.idle.touch(this)
    socket.on('data', chunk => this.#received(chunk))
    socket.on('end', () => this.#halfClosed())
    socket.on('error', error => options.logger.debug(`Connection ${this.remoteAddress}: ${error.message}`))
    socket.on('close', () => this.#closed())
  }

  get isClosed(): boolean {
    return this.socket.destroyed
  }

  get takenBytes(): number {
    return this.socket.bytesWritten - this.socket.writableLength
  }

  onHurry(hurry: () => void): void {
    if (this.#inHurry) hurry()
    else this.#onHurry = hurry
  }

  holds(bytes: number): void {
    this.#replyBytes += bytes
  }

  onSent(sent: () => void): void {
    this.#sent.push(sent)
  }

  mute(muteMs: number): void {
    this.#muteMs = Math.max(this.#muteMs, muteMs)
  }

  free(frame: Buffer): void {
    this.options.pool.give(frame)
  }

  /**
   * Answers the request in flight, then hangs up. Until then the connection keeps the process alive, for code that
   * awaits its end.
   */
  close(): void {
    this.socket.ref()
    this.#closing = true
    this.#hurry()
    this.#unmute?.()
    if (!this.#busy) this.#hangUp()
  }

  destroy(): void {
    this.socket.destroy()
  }

  proceed(): void {
    this.#throttle()
  }

  giveUp(): void {
    this.options.complaints.warn(
      `Connection of ${this.remoteAddress} closed: its request came too slowly while the memory for requests is used up.`,
    )
    this.socket.destroy()
  }

  tooSlow(): void {
    this.options.complaints.warn(
      `Connection of ${this.remoteAddress} closed: it did not take in its reply while the memory for replies is used up.`,
    )
    this.socket.destroy()
  }

  get #inHurry(): boolean {
    const [next] = this.#waiting
    return this.#ended || this.#closing || this.socket.destroyed || (next !== undefined && !isFetch(next))
  }

  #received(chunk: Buffer): void {
    if (this.#closing) return
    this.options.idle.touch(this)
    const { length } = chunk
    this.options.budget.take(length)
    this.#held += length
    try {
      this.options.frames.push(chunk, this.#frame)
    } catch (thrown) {
      this.#refuse(thrown)
      return
    }
    if (!this.#busy) this.#serve().catch(thrown => this.#refuse(thrown))
    if (this.#waiting.length > 0 && this.#inHurry) this.#hurry()
    this.#throttle()
  }

  #halfClosed(): void {
    this.#ended = true
    this.#hurry()
    if (!this.#busy) this.socket.end()
  }

  #closed(): void {
    const { idle, budget, replies } = this.options
    this.#ended = true
    this.#waiting.length = 0
    idle.forget(this)
    budget.leave(this)
    replies.leave(this)
    this.#release(this.#held)
    this.#hurry()
    this.#unmute?.()
  }

  #hurry(): void {
    const hurry = this.#onHurry
    this.#onHurry = null
    hurry?.()
  }

  async #serve(): Promise<void> {
    this.#busy = true
    try {
      let frame = this.#waiting.shift()
      while (frame) {
        const reply = await this.options.dispatch(frame, this)
        this.#onHurry = null
        this.#release(frameBytes(frame))
        for (const portion of reply === null ? [] : portions(reply)) {
          if (this.socket.destroyed) break
          if (!this.#write(portion)) await this.#drained(reply as readonly Buffer[])
          this.options.idle.touch(this)
        }
        this.#replied()
        if (this.#muteMs > 0) await this.#muted()
        if (this.socket.destroyed) return
        if (this.#closing) break
        frame = this.#waiting.shift()
        this.#throttle() // now that it is known what waits behind the next one
      }
      if (this.#ended || this.#closing) this.#hangUp()
    } catch (thrown) {
      this.#refuse(thrown)
    } finally {
      this.#busy = false
      this.#replied()
      this.#throttle()
    }
  }

  /** Resolves when the connection need no longer be mute, or is to be closed. */
  async #muted(): Promise<void> {
    const muteMs = this.#muteMs
    this.#muteMs = 0
    if (this.#closing || this.socket.destroyed) return
    const { clock } = this.options
    const timer = {}
    await new Promise<void>(resolve => {
      this.#unmute = resolve
      this.#throttle()
      clock.after(muteMs, timer, resolve)
    })
    this.#unmute = null
    clock.cancel(timer)
  }

  /** Gives back what the reply held once it has left, and calls those who asked for it. */
  #replied(): void {
    if (this.#sent.length === 0 && this.#replyBytes === 0) return
    const told = this.#sent
    const bytes = this.#replyBytes
    this.#sent = []
    this.#replyBytes = 0
    const { socket } = this
    if (socket.destroyed || socket.writableLength === 0) this.#left(told, bytes)
    else {
      this.#unsent += 1
      this.options.replies.lags(this)
      socket.write(nothing, () => {
        this.#unsent -= 1
        this.#left(told, bytes)
      })
    }
  }

  #left(told: readonly (() => void)[], bytes: number): void {
    const { replies } = this.options
    if (this.#unsent === 0) replies.lagsNoMore(this)
    for (const sent of told) sent()
    replies.give(this, bytes)
  }

  #release(bytes: number): void {
    const held = Math.min(bytes, this.#held) // a connection that is gone gave everything back
    this.#held -= held
    this.options.budget.give(held)
  }

  #throttle(): void {
    const { socket } = this
    if (this.#closing || socket.destroyed) this.options.budget.leave(this)
    else if (!this.#mayRead()) socket.pause()
    else if (socket.isPaused()) socket.resume()
  }

  /**
   * Tells whether the socket may be read: not while it is muted, nor while enough requests wait here, nor while all
   * connections together hold too much. A connection that holds nothing may always read: small requests are served
   * whatever others hold.
   */
  #mayRead(): boolean {
    const { budget } = this.options
    if (!this.#busy && this.#held > 0) return budget.allows(this)
    budget.leave(this)
    if (this.#unmute !== null) return false
    if (this.#waiting.length >= mostWaiting) return false
    return this.#held === 0 || !budget.exhausted
  }

  /** Writes a portion; returns false where the client has to take in something first. */
  #write(portion: readonly Buffer[]): boolean {
    const { socket } = this
    if (this.#waiting.length > 0) leaveTogether(socket)
    if (portion.length > 1) socket.cork()
    for (const chunk of portion) socket.write(chunk)
    if (portion.length > 1) socket.uncork()
    return socket.writableLength === 0 || !socket.writableNeedDrain
  }

  /** Waits until the client has taken in what was written, or is gone; until then the whole reply counts. */
  #drained(reply: readonly Buffer[]): Promise<void> {
    const { socket } = this
    this.#count(reply)
    this.options.replies.lags(this)
    return new Promise(resolve => {
      const done = () => {
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
  }

  #count(reply: readonly Buffer[]): void {
    let bytes = -this.#replyBytes
    for (const chunk of reply) bytes += chunk.length
    if (bytes <= 0) return
    this.options.replies.take(this, bytes)
    this.#replyBytes += bytes
  }

  /**
   * Ends the connection. The bytes that the client still sends are read and dropped, so that its own end is noticed.
   */
  #hangUp(): void {
    this.socket.end()
    this.socket.resume()
  }

  #refuse(thrown: unknown): void {
    const { complaints, logger } = this.options
    if (thrown instanceof MalformedMessage) {
      complaints.warn(`Connection of ${this.remoteAddress} closed: it sent ${thrown.message}.`)
    } else if (!(thrown instanceof KafkaError)) {
      logger.error(`Connection of ${this.remoteAddress} closed; this is a bug of Ottla.`, thrown)
    }
    this.socket.destroy()
  }
}

/**
 * Holds back all writes until nothing more can be written in this turn: requests that came together are answered
 * together.
 */
function leaveTogether(socket: Socket): void {
  if (socket.writableCorked > 0) return
  socket.cork()
  beforeAllElse(() => socket.uncork())
}

const isFetch = (frame: Buffer): boolean => frame.length >= 2 && frame.readInt16BE(0) === fetchKey
