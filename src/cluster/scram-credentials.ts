import type { ScramChange, ScramCredential } from '../engine/scram-store.js'
import type { MetadataDraft, MetadataFact } from './metadata-serde.js'

type ScramFact = Extract<MetadataFact, { kind: 'scramCredential' | 'removeScramCredential' }>

const nothing: ReadonlyMap<number, ScramCredential> = new Map()

/** The credentials of users that the metadata journal tells. Only `apply` changes them. */
export class ScramCredentials {
  /** The credentials by user, then by mechanism. */
  readonly #users = new Map<string, Map<number, ScramCredential>>()

  get size(): number {
    return this.#users.size
  }

  users(): Iterable<string> {
    return this.#users.keys()
  }

  of(user: string): ReadonlyMap<number, ScramCredential> {
    return this.#users.get(user) ?? nothing
  }

  apply(fact: ScramFact): void {
    const { name, mechanism } = fact.value
    const credentials = this.#users.get(name) ?? new Map<number, ScramCredential>()
    if (fact.kind === 'scramCredential') credentials.set(mechanism, copied(fact.value))
    else credentials.delete(mechanism)
    if (credentials.size > 0) this.#users.set(name, credentials)
    else this.#users.delete(name)
  }
}

export const scramFact = ({ user: name, mechanism, credential }: ScramChange): MetadataDraft =>
  credential
    ? { kind: 'scramCredential', value: { name, mechanism, ...credential } }
    : { kind: 'removeScramCredential', value: { name, mechanism } }

/** Copies the bytes, since a view would keep all that was read with them in memory. */
const copied = ({ salt, storedKey, serverKey, iterations }: ScramCredential): ScramCredential => ({
  salt: Buffer.from(salt),
  storedKey: Buffer.from(storedKey),
  serverKey: Buffer.from(serverKey),
  iterations,
})
