import type { QuotaEntity } from '../../engine/client-quotas.js'

/** A client as quotas tell it from others. */
export interface Client {
  readonly user: string
  readonly clientId: string
}

/** The limit that counts for a client, and the clients that share it. */
export interface Limit {
  readonly perSecond: number
  /** A text that is the same for all clients whose doings count together. */
  readonly sharedBy: string
}

interface UserLimits {
  /** The limit of all that the user does under client ids without one. */
  own: number | null
  readonly byClientId: Map<string | null, number>
}

/** The limits of one kind of quota, by user and client id. A name of null is the default. */
export class ClientLimits {
  readonly #users = new Map<string | null, UserLimits>()
  readonly #byClientId = new Map<string | null, number>()

  get isEmpty(): boolean {
    return this.#users.size === 0 && this.#byClientId.size === 0
  }

  /** Sets the limit of an entity, which has a user, a client id or both; null takes it back. */
  set(entity: QuotaEntity, limit: number | null): void {
    const user = entity.get('user')
    const clientId = entity.get('client-id')
    if (user === undefined) {
      if (clientId !== undefined) put(this.#byClientId, clientId, limit)
      return
    }
    const limits = this.#users.get(user) ?? { own: null, byClientId: new Map() }
    if (clientId === undefined) limits.own = limit
    else put(limits.byClientId, clientId, limit)
    if (limits.own === null && limits.byClientId.size === 0) this.#users.delete(user)
    else this.#users.set(user, limits)
  }

  /**
   * Returns the first limit that there is, in Kafka's order: of the user, then of the default user: with this client id,
   * with the default client id, with any; then of the client id, of the default client id. Null where none is set.
   */
  of({ user, clientId }: Client): Limit | null {
    for (const name of [user, null]) {
      const limits = this.#users.get(name)
      if (!limits) continue
      const ofBoth = limits.byClientId.get(clientId) ?? limits.byClientId.get(null)
      if (ofBoth !== undefined) return { perSecond: ofBoth, sharedBy: `user ${user}\0client ${clientId}` }
      if (limits.own !== null) return { perSecond: limits.own, sharedBy: `user ${user}` }
    }
    const ofClient = this.#byClientId.get(clientId) ?? this.#byClientId.get(null)
    return ofClient === undefined ? null : { perSecond: ofClient, sharedBy: `client ${clientId}` }
  }
}

export function put(limits: Map<string | null, number>, name: string | null, limit: number | null): void {
  if (limit === null) limits.delete(name)
  else limits.set(name, limit)
}
