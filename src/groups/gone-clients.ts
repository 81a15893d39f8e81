import type { Clock } from '../time/clock.js'
import type { Caller, CallersConnection } from './shared/group-requests.js'

interface Connection {
  readonly clientId: string
  /** The client id and the address, which tell clients from one another. */
  readonly client: string
  readonly members: Set<Member>
}

interface Member {
  readonly groupId: string
  readonly memberId: string
  readonly client: string
  readonly connection: Connection
  /** True once the connection is closed, while the client has shown no sign of life since. */
  isGone: boolean
}

/**
 * Finds out which dynamic members belong to a client that is gone, so that a killed process does not hold its
 * partitions until its sessions time out. When the connection closes by which a member was heard of last, its client
 * has a grace to show a sign of life: a request of the member by another connection, or any request by a new connection
 * with the same client id from the same address. A client that lives opens one for its next heartbeat at the latest.
 * The connections that were open before are no sign: they may be those of another process with the same client id.
 */
export class GoneClients {
  readonly #connections = new Map<number, Connection>()
  readonly #groups = new Map<string, Map<string, Member>>()
  /** The members that wait for a sign of life, by their client. */
  readonly #gone = new Map<string, Set<Member>>()

  constructor(
    private readonly clock: Clock,
    /** The grace in milliseconds. When it is negative, members stay until their session times out. */
    private readonly graceMs: () => number,
    private readonly evict: (groupId: string, memberId: string) => void,
  ) {}

  /** Counts the connections, groups and clients that are remembered; zero when all have gone. */
  get remembered(): number {
    return this.#connections.size + this.#groups.size + this.#gone.size
  }

  /** Notes that a client has sent a request, of any API, by this connection. */
  heard({ id, isClosed }: CallersConnection, clientId: string, remoteAddress: string): void {
    if (isClosed || this.#connections.get(id)?.clientId === clientId) return
    this.connectionClosed(id) // it was another client's, as far as can be told
    const client = `${remoteAddress}/${clientId}`
    const connection = { clientId, client, members: new Set<Member>() }
    this.#connections.set(id, connection)
    for (const member of [...(this.#gone.get(client) ?? [])])
      this.#put(member.groupId, member.memberId, connection)
  }

  /** Notes that the caller is this member of the group. */
  isMember(groupId: string, memberId: string, { clientId, clientHost, connection }: Caller): void {
    const remoteAddress = clientHost.slice(1)
    this.heard(connection, clientId, remoteAddress)
    const open = this.#connections.get(connection.id)
    const member = this.#groups.get(groupId)?.get(memberId)
    if (open && member?.connection === open) return
    const closed = { clientId, client: `${remoteAddress}/${clientId}`, members: new Set<Member>() }
    const put = this.#put(groupId, memberId, open ?? closed)
    if (!open) this.#beginGrace(put)
  }

  /** Forgets a member whose id no client uses any more. */
  left(groupId: string, memberId: string): void {
    const group = this.#groups.get(groupId)
    const member = group?.get(memberId)
    if (!member) return
    group?.delete(memberId)
    if (group?.size === 0) this.#groups.delete(groupId)
    member.connection.members.delete(member)
    this.clock.cancel(member)
    const others = this.#gone.get(member.client)
    others?.delete(member)
    if (others?.size === 0) this.#gone.delete(member.client)
  }

  /** Tells whether the member waits for a sign of life. */
  isGone(groupId: string, memberId: string): boolean {
    return this.#groups.get(groupId)?.get(memberId)?.isGone ?? false
  }

  connectionClosed(connectionId: number): void {
    const connection = this.#connections.get(connectionId)
    this.#connections.delete(connectionId)
    for (const member of connection?.members ?? []) this.#beginGrace(member)
  }

  stop(): void {
    for (const members of this.#gone.values()) {
      for (const member of members) this.clock.cancel(member)
    }
    this.#connections.clear()
    this.#groups.clear()
    this.#gone.clear()
  }

  #put(groupId: string, memberId: string, connection: Connection): Member {
    this.left(groupId, memberId)
    const member = { groupId, memberId, client: connection.client, connection, isGone: false }
    connection.members.add(member)
    const group = this.#groups.get(groupId)
    if (group) group.set(memberId, member)
    else this.#groups.set(groupId, new Map([[memberId, member]]))
    return member
  }

  #beginGrace(member: Member): void {
    const graceMs = this.graceMs()
    if (graceMs < 0) return
    member.isGone = true
    const others = this.#gone.get(member.client)
    if (others) others.add(member)
    else this.#gone.set(member.client, new Set([member]))
    this.clock.after(graceMs, member, () => this.evict(member.groupId, member.memberId))
  }
}
