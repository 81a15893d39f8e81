import type { Taker } from '../../memory/reply-budget.js'

/** The connection of one client, as the handlers see it. */
export interface Connection extends Taker {
  /** A number that is never used twice in a process. */
  readonly id: number
  /** The node whose port the client dialled. */
  readonly nodeId: number
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly isClosed: boolean
  /**
   * Calls back when a parked answer should leave at once, since another request waits behind it or the client
   * half-closed. It does so at most once, and only while the request in flight is not answered. It calls back at once
   * where that is so already.
   */
  onHurry(hurry: () => void): void
  /**
   * Notes that the reply in the making holds so many bytes that the memory for replies counts: they are given back once
   * the reply has left.
   */
  holds(bytes: number): void
  /** Calls back once the reply to the request in flight has left, or never can. */
  onSent(sent: () => void): void
  /** Reads nothing more for so long once the reply in the making has left: its client is over its quota. */
  mute(muteMs: number): void
  /** Gives the memory of a request back: the caller keeps nothing of it, and its reply is no part of it. */
  free(frame: Buffer): void
}
