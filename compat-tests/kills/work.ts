import { randomBytes } from 'node:crypto'
import type { Session } from './session.js'

/** One kind of work that a broker is killed in the middle of, and what must be true of it afterwards. */
export interface Work {
  readonly name: string
  /** Prepares the work once, before the first kill. */
  prepare(session: Session): Promise<void>
  /** Does a little of the work. Fails when the broker is gone; the next step begins with the broker that follows. */
  step(session: Session): Promise<void>
  /** Checks that all that was acknowledged is there, and nothing that should not be. */
  check(session: Session): Promise<void>
  /** The work that was done, in words. */
  readonly summary: string
}

/** Injected, so that a run can be repeated from its seed. */
export type Random = () => number

export const text = (value: Buffer | null): string => String(value)
export const bytesOf = (value: string): Buffer => Buffer.from(value)

/** The words and so much behind them that compression cannot shorten. */
export const padded = (words: string, bytes: number): string =>
  `${words} ${randomBytes((bytes * 3) / 4).toString('base64')}`
