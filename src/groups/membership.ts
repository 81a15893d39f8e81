import type { KafkaError } from '../wire/errors.js'
import type { GroupFact, GroupOutcome } from './facts.js'
import type {
  Caller,
  CommitIdentity,
  HeartbeatRequest,
  JoinAnswer,
  JoinRequest,
  LeaveAnswer,
  LeavingMember,
  Reply,
  SyncAnswer,
  SyncRequest,
} from './group-requests.js'
import type { OffsetToCommit } from './offset-requests.js'

/**
 * Who belongs to a group, and how they share out its work. There are two kinds: in a classic group the
 * members do that among themselves, in a consumer group (KIP-848) the coordinator does it for them.
 * Members that speak the classic protocol may belong to either.
 */
export interface Membership {
  readonly id: string
  /** As ListGroups names it. */
  readonly type: 'classic' | 'consumer'
  readonly state: string
  readonly protocolType: string | null
  readonly usesConsumerProtocol: boolean
  /** Null when its members are no consumers, or speak a dialect of their own. */
  readonly subscribedTopics: ReadonlySet<string> | null
  /** When its state began; null where that is not kept. */
  readonly sinceMs: number | null
  /** Nobody belongs to it, and nobody is about to. */
  readonly abandoned: boolean

  join(request: JoinRequest, caller: Caller, version: number, reply: Reply<JoinAnswer>): GroupOutcome
  sync(request: SyncRequest, caller: Caller, reply: Reply<SyncAnswer>): GroupOutcome
  heartbeat(request: HeartbeatRequest, caller: Caller): void
  leave(members: readonly LeavingMember[], reply: Reply<LeaveAnswer>): GroupOutcome
  /** A member's connection is gone and it did not come back. */
  evict(memberId: string): GroupOutcome

  /** Whether these offsets may be committed in this name. */
  checkCommit(
    request: CommitIdentity,
    offsets: readonly OffsetToCommit[],
    caller: Caller,
    version: number,
  ): void
  /** Whether they may be committed within a transaction. */
  checkTransactionalCommit(request: CommitIdentity, offsets: readonly OffsetToCommit[], caller: Caller): void
  /** Whether offsets may be fetched in this name. */
  checkFetch(memberId: string | null, memberEpoch: number): void

  /** Facts that restore what is durable now. */
  facts(): Iterable<GroupFact>
  /** Facts that take it back. */
  tombstones(): Iterable<GroupFact>
  /** Replay is over. */
  goLive(): GroupOutcome
  /** It is no more, or another coordinator's: whoever waits is told so. */
  close(error: KafkaError): void
}
