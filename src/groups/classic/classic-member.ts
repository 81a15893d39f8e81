import {
  type Caller,
  type JoinAnswer,
  type JoinRequest,
  type Protocol,
  protocolsOf,
  type Reply,
  type SyncAnswer,
} from '../shared/group-requests.js'
import type { StoredMember } from '../stored/group-facts.js'

export interface ClassicMember {
  readonly id: string
  /** The static name by which a member (KIP-345) keeps its place while it restarts; null for a dynamic member. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** The protocols that the member knows; the one that it prefers comes first. */
  protocols: readonly Protocol[]
  assignment: Buffer
  /** The reply to its join, while it waits for the others to join; null otherwise. */
  joining: Reply<JoinAnswer> | null
  /** The reply to its sync, while it waits for the leader's assignment; null otherwise. */
  syncing: Reply<SyncAnswer> | null
  /** True while it waits for its first generation: it has no id yet by which to send heartbeats. */
  isNew: boolean
}

const noBytes = Buffer.alloc(0)

/** The rebalance timeout of a request. Version 0 has none; the session timeout stands for it. */
export const rebalanceTimeoutOf = (request: JoinRequest): number =>
  request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs

export const joiningMember = (
  id: string,
  request: JoinRequest,
  caller: Caller,
  reply: Reply<JoinAnswer>,
): ClassicMember => ({
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

/** The member as a record holds it, which has only the protocol that was chosen. */
export const storedMember = (member: ClassicMember, protocol: string, assignment: Buffer): StoredMember => ({
  memberId: member.id,
  groupInstanceId: member.instanceId,
  clientId: member.clientId,
  clientHost: member.clientHost,
  rebalanceTimeout: member.rebalanceTimeoutMs,
  sessionTimeout: member.sessionTimeoutMs,
  subscription: metadataOf(member, protocol),
  assignment,
})

export const restoredMember = (stored: StoredMember, protocol: string): ClassicMember => ({
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

export const metadataOf = (member: ClassicMember, protocol: string): Buffer =>
  member.protocols.find(({ name }) => name === protocol)?.metadata ?? noBytes

export const sameProtocols = (a: readonly Protocol[], b: readonly Protocol[]): boolean =>
  a.length === b.length &&
  a.every(({ name, metadata }, i) => name === b[i]?.name && metadata.equals(b[i].metadata))
