/** All that is kept of a user's password by one mechanism (RFC 5802). None of it may be told to anyone. */
export interface ScramCredential {
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

/** The credential that a user gets, in place of one before it; null takes it away. */
export interface ScramChange {
  readonly user: string
  /** The number of the mechanism, as the protocol has it. */
  readonly mechanism: number
  readonly credential: ScramCredential | null
}

/** Holds the credentials of users. */
export interface ScramStore {
  users(): Iterable<string>
  /** Returns the credentials of a user by mechanism; none where there is no such user. */
  of(user: string): ReadonlyMap<number, ScramCredential>
  /**
   * Makes the changes of the plan, all together: they are durable and visible when the promise resolves. The plan is
   * made when no other change is under way.
   */
  change(plan: () => Promise<readonly ScramChange[]>): Promise<void>
}
