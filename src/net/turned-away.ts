import type { Socket } from 'node:net'
import type { Clock } from '../time/clock.js'

/**
 * Connections that came too soon after others of their address. Each is kept for a while before it is closed, unread, so
 * that its client does not come back at once (KIP-612).
 */
export class TurnedAway {
  readonly #sockets = new Set<Socket>()

  /** Makes an empty set. Of more than so many connections each further one is closed at once. */
  constructor(
    private readonly most: number,
    private readonly clock: Clock,
  ) {}

  get count(): number {
    return this.#sockets.size
  }

  add(socket: Socket, waitMs: number): void {
    if (this.#sockets.size >= this.most) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.unref()
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.clock.cancel(socket)
    })
    this.clock.after(waitMs, socket, () => socket.destroy())
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
