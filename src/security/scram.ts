import { createHash, createHmac } from 'node:crypto'

/** A mechanism by which users prove that they know their password, without telling it (RFC 5802, RFC 7677). */
export interface ScramMechanism {
  /** The name of the hash function, as node:crypto has it. */
  readonly hash: 'sha256' | 'sha512'
  readonly leastIterations: number
}

/** The mechanisms by the numbers that the protocol has for them (KIP-554): SCRAM-SHA-256 and SCRAM-SHA-512. */
export const scramMechanisms: ReadonlyMap<number, ScramMechanism> = new Map([
  [1, { hash: 'sha256', leastIterations: 4096 }],
  [2, { hash: 'sha512', leastIterations: 4096 }],
])

/** More iterations would only slow the clients down (Kafka's ScramControlManager.MAX_ITERATIONS). */
export const mostScramIterations = 16_384

/** The two keys that a server keeps of a password: neither tells the password, nor lets anyone log in with it. */
export interface ScramKeys {
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/**
 * Makes the keys of a password that the client has salted and hashed already (RFC 5802, section 3):
 *
 *     StoredKey = H(HMAC(SaltedPassword, "Client Key"))
 *     ServerKey = HMAC(SaltedPassword, "Server Key")
 */
export function scramKeys({ hash }: ScramMechanism, saltedPassword: Uint8Array): ScramKeys {
  const keyed = (text: string) => createHmac(hash, saltedPassword).update(text).digest()
  return {
    storedKey: createHash(hash).update(keyed('Client Key')).digest(),
    serverKey: keyed('Server Key'),
  }
}
