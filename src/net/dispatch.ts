import type { Taker } from '../memory/reply-budget.js'

/** One client's connection, as the handlers see it. */
export interface Connection extends Taker {
  /** Never used twice in a process. */
  readonly id: number
  /** The node whose port the client dialled. */
  readonly nodeId: number
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly isClosed: boolean
  /**
   * Calls back, at most once and only while the request in flight is not answered, when a parked answer should leave at
   * once: another request waits behind it, or the client half-closed. Calls at once if that is so already.
   */
  onHurry(hurry: () => void): void
  /** The reply in the making holds so many bytes that the memory for replies counts: they are given back once it has left. */
  holds(bytes: number): void
  /** Calls back once the reply to the request in flight has left, or never can. */
  onSent(sent: () => void): void
  /** Gives the memory of a request back: nothing is kept of it, its reply is none of it. */
  free(frame: Buffer): void
}

/**
 * Turns a request frame (without its length) into the chunks of the reply (likewise), or null when
 * no reply is due. A rejection closes the connection.
 */
export type Dispatch = (frame: Buffer, connection: Connection) => Promise<readonly Buffer[] | null>

/** Told once for every connection that is gone. */
export type Closed = (connection: Connection) => void
