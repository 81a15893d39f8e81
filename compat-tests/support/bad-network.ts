import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** The treatment of bytes by a bad network; each connection draws anew. */
export interface Weather {
  /** The number of bytes after which a connection is cut, both sides at once and in the middle of anything. */
  readonly cutAfterBytes?: () => number
  /** The number of bytes in one direction after which the network ends it, while the other direction goes on. */
  readonly halfCloseAfterBytes?: () => number
  /** The size of the pieces in which bytes are handed on. */
  readonly pieceBytes?: () => number
  /** The time that bytes wait. */
  readonly delayMs?: () => number
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
    const server = createServer({ allowHalfOpen: true })
    const network = new BadNetwork(server)
    server.on('connection', socket => network.#pass(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return network
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The number of connections that were cut or half-closed. */
  get cuts(): number {
    return this.#cuts
  }

  to(port: number): void {
    this.#target = port
  }

  /** Every connection has this weather from now on; without any, bytes pass untouched. */
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
    const broker = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true })
    const life = { left: this.#weather.cutAfterBytes?.() ?? Infinity }
    this.#pump(client, broker, life)
    this.#pump(broker, client, life)
  }

  /** Hands on one direction of a connection, as long as the connection lives and the other side is heard. */
  #pump(from: Socket, to: Socket, life: { left: number }): void {
    const { pieceBytes, delayMs, halfCloseAfterBytes } = this.#weather
    let heard = halfCloseAfterBytes?.() ?? Infinity
    this.#open.add(from)
    from.setNoDelay(true)
    from.on('error', () => {})
    from.on('end', () => to.end())
    from.on('close', () => {
      this.#open.delete(from)
      to.destroySoon()
    })
    from.on('data', async chunk => {
      from.pause()
      if (delayMs) await setTimeout(delayMs())
      const passing = chunk.subarray(0, Math.min(life.left, heard))
      life.left -= passing.length
      heard -= passing.length
      const size = pieceBytes?.() ?? passing.length
      for (let at = 0; at < passing.length; at += size) to.write(passing.subarray(at, at + size))
      if (life.left === 0) {
        for (const side of [from, to]) side.destroySoon()
      } else if (heard === 0) to.end()
      if (passing.length > 0 && Math.min(life.left, heard) === 0) this.#cuts++
      from.resume()
    })
  }
}

/** Numbers from `low` to below `high`, the same ones for the same seed. */
export function random(seed: number): (low: number, high: number) => number {
  let state = seed
  return (low, high) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return low + Math.floor((state / 2 ** 32) * (high - low))
  }
}
