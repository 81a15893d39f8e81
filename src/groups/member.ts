import type { StoredMember } from './facts.js'
import type { Caller, JoinAnswer, JoinRequest, Reply, SyncAnswer } from './group-requests.js'

/** A way of assigning partitions that a member knows; what it says about it is for the leader only. */
export interface Protocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface Member {
  readonly id: string
  /** A static member (KIP-345) keeps its place by this name while it restarts. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** The one it likes best first. */
  protocols: readonly Protocol[]
  assignment: Buffer
  /** Set while the member waits for the others to join. */
  joining: Reply<JoinAnswer> | null
  /** Set while the member waits for the leader's assignment. */
  syncing: Reply<SyncAnswer> | null
  /** Waits for its first generation: it has no id yet by which to send heartbeats. */
  isNew: boolean
}

const noBytes = Buffer.alloc(0)

/** A request's bytes belong to its frame; a member keeps its own. */
export const protocolsOf = (request: JoinRequest): Protocol[] =>
  request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }))

/** Version 0 has no rebalance timeout; the session timeout stands for it. */
export const rebalanceTimeoutOf = (request: JoinRequest): number =>
  request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs

export const joiningMember = (
  id: string,
  request: JoinRequest,
  caller: Caller,
  reply: Reply<JoinAnswer>,
): Member => ({
  id,
  instanceId: request.groupInstanceId,
  clientId: caller.clientId,
  clientHost: caller.clientHost,
  rebalanceTimeoutMs: rebalanceTimeoutOf(request),
  sessionTimeoutMs: request.sessionTimeoutMs,
  protocols: protocolsOf(request),
  assignment: noBytes,
  joining: reply,
  syncing: null,
  isNew: true,
})

/** A record holds only the protocol that was chosen. */
export const storedMember = (member: Member, protocol: string, assignment: Buffer): StoredMember => ({
  memberId: member.id,
  groupInstanceId: member.instanceId,
  clientId: member.clientId,
  clientHost: member.clientHost,
  rebalanceTimeout: member.rebalanceTimeoutMs,
  sessionTimeout: member.sessionTimeoutMs,
  subscription: metadataOf(member, protocol),
  assignment,
})

export const restoredMember = (stored: StoredMember, protocol: string): Member => ({
  id: stored.memberId,
  instanceId: stored.groupInstanceId,
  clientId: stored.clientId,
  clientHost: stored.clientHost,
  rebalanceTimeoutMs: stored.rebalanceTimeout === -1 ? stored.sessionTimeout : stored.rebalanceTimeout,
  sessionTimeoutMs: stored.sessionTimeout,
  protocols: [{ name: protocol, metadata: stored.subscription }],
  assignment: stored.assignment,
  joining: null,
  syncing: null,
  isNew: false,
})

export const metadataOf = (member: Member, protocol: string): Buffer =>
  member.protocols.find(({ name }) => name === protocol)?.metadata ?? noBytes

export const sameProtocols = (a: readonly Protocol[], b: readonly Protocol[]): boolean =>
  a.length === b.length &&
  a.every(({ name, metadata }, i) => name === b[i]?.name && metadata.equals(b[i].metadata))
