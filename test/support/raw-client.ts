import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { BufferPool } from '../../src/memory/buffer-pool.js'
import { Frames } from '../../src/net/frames.js'
import { decodeResponse, encodeRequest } from '../../src/wire/message-frame.js'
import type { Api, Decoded, Draft, Fields } from '../../src/wire/schema.js'

const mostFrameBytes = 256 * 1024 * 1024

/** A simple client: it sends requests as they are, byte for byte, and hands out replies in their order. */
export class RawClient {
  /** Frames that no call has taken yet. */
  readonly #frames: Buffer[] = []
  readonly #readers: ((frame: Buffer | null) => void)[] = []
  #lastCorrelationId = 0
  /** Set when the broker has ended the connection. */
  closed = false

  private constructor(
    readonly socket: Socket,
    private readonly clientId: string | null,
  ) {
    const frames = new Frames(mostFrameBytes, new BufferPool(0))
    socket.on('data', chunk => frames.push(chunk, frame => this.#arrived(Buffer.from(frame))))
    socket.on('error', () => {})
    socket.on('end', () => this.#ended())
    socket.on('close', () => this.#ended())
  }

  static async connect(port: number, { host = '127.0.0.1', clientId = 'raw' as string | null } = {}) {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
    await once(socket, 'connect')
    return new RawClient(socket, clientId)
  }

  /** One request and its reply, in the version given. */
  async ask<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res>> {
    const correlationId = this.tell(api, version, request)
    const frame = await this.frame()
    if (!frame)
      throw new Error(`the broker closed the connection instead of answering ${api.name} v${version}`)
    const { response, correlationId: answered } = decodeResponse(api, version, frame)
    if (answered !== correlationId) throw new Error(`answer ${answered} to request ${correlationId}`)
    return response
  }

  /** Sends a request and waits for nothing; returns its correlation id. */
  tell<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): number {
    this.#lastCorrelationId += 1
    const head = { correlationId: this.#lastCorrelationId, clientId: this.clientId }
    this.send(encodeRequest(api, version, head, request))
    return this.#lastCorrelationId
  }

  /** Sends a frame behind its length. */
  send(frame: Buffer): void {
    const length = Buffer.alloc(4)
    length.writeInt32BE(frame.length)
    this.write(Buffer.concat([length, frame]))
  }

  /** Sends bytes as they are. */
  write(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** The next reply without its length, or null when the connection ends before there is one. */
  frame(): Promise<Buffer | null> {
    const next = this.#frames.shift()
    if (next) return Promise.resolve(next)
    if (this.closed) return Promise.resolve(null)
    return new Promise(resolve => this.#readers.push(resolve))
  }

  /** Waits until the broker ends the connection, and returns how many replies came until then. */
  async end(): Promise<number> {
    let replies = 0
    while (await this.frame()) replies += 1
    return replies
  }

  halfClose(): void {
    this.socket.end()
  }

  destroy(): void {
    this.socket.destroy()
  }

  #arrived(frame: Buffer): void {
    const reader = this.#readers.shift()
    if (reader) reader(frame)
    else this.#frames.push(frame)
  }

  #ended(): void {
    this.closed = true
    for (const reader of this.#readers.splice(0)) reader(null)
    if (!this.socket.destroyed) this.socket.end()
  }
}
