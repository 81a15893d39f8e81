import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** How a bad network treats what passes. */
export interface Weather {
  /** Each connection is cut, both sides at once and in the middle of anything, after so many bytes. */
  readonly cutAfterBytes?: () => number
  /** What passes is handed on in pieces of this size. */
  readonly pieceBytes?: number
}

/** A TCP proxy between a client and the broker, whose network is as bad as a scenario wants it. */
export class BadNetwork {
  readonly #server: Server
  readonly #open = new Set<Socket>()
  #target = 0
  #weather: Weather = {}
  #cuts = 0

  private constructor(server: Server) {
    this.#server = server
  }

  /** Listens on a free port; `to` names the broker's port as soon as it is known. */
  static async start(): Promise<BadNetwork> {
    const server = createServer()
    const network = new BadNetwork(server)
    server.on('connection', socket => network.#pass(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return network
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get cuts(): number {
    return this.#cuts
  }

  to(port: number): void {
    this.#target = port
  }

  /** Every connection has this weather from now on; without one what passes is untouched. */
  turn(weather: Weather): void {
    this.#weather = weather
    for (const socket of this.#open) socket.destroy()
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #pass(client: Socket): void {
    const broker = connect(this.#target, '127.0.0.1')
    const sides = [client, broker]
    const { cutAfterBytes, pieceBytes } = this.#weather
    let left = cutAfterBytes?.() ?? Infinity
    const pump = (from: Socket, to: Socket) => {
      from.setNoDelay(true)
      this.#open.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        this.#open.delete(from)
        to.destroySoon()
      })
      from.on('data', chunk => {
        left -= chunk.length
        if (left >= 0) return hand(chunk, to, pieceBytes)
        to.end(chunk.subarray(0, chunk.length + left))
        this.#cuts++
        for (const side of sides) side.destroySoon()
      })
    }
    pump(client, broker)
    pump(broker, client)
  }
}

function hand(chunk: Buffer, to: Socket, pieceBytes = chunk.length): void {
  for (let at = 0; at < chunk.length; at += pieceBytes) to.write(chunk.subarray(at, at + pieceBytes))
}

/** Numbers from `low` to below `high`, the same ones for the same seed. */
export function random(seed: number): (low: number, high: number) => number {
  let state = seed
  return (low, high) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return low + Math.floor((state / 2 ** 32) * (high - low))
  }
}
