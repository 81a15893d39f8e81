import type { KafkaError } from '../../wire/errors.js'
import type { GroupFact, GroupOutcome } from '../stored/group-facts.js'
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
 * The members of a group, and the way they share out its work. There are two kinds: in a classic group the members do
 * that among themselves, in a consumer group (KIP-848) the coordinator does it for them. Members that speak the classic
 * protocol may belong to either.
 */
export interface KindOfGroup {
  readonly id: string
  /** The type as ListGroups names it. */
  readonly type: 'classic' | 'consumer'
  readonly state: string
  readonly protocolType: string | null
  readonly usesConsumerProtocol: boolean
  /** The topics that members subscribe to; null when they are no consumers, or speak a dialect of their own. */
  readonly subscribedTopics: ReadonlySet<string> | null
  /** The time at which the state began; null where that is not kept. */
  readonly sinceMs: number | null
  /** True where the group has no member, and none is about to join. */
  readonly abandoned: boolean

  join(request: JoinRequest, caller: Caller, version: number, reply: Reply<JoinAnswer>): GroupOutcome
  sync(request: SyncRequest, caller: Caller, reply: Reply<SyncAnswer>): GroupOutcome
  heartbeat(request: HeartbeatRequest, caller: Caller): void
  leave(members: readonly LeavingMember[], reply: Reply<LeaveAnswer>): GroupOutcome
  /** Takes out a member whose client is gone and did not come back. */
  evict(memberId: string): GroupOutcome

  /** Refuses a commit of these offsets in a name that may not make it. */
  checkCommit(
    request: CommitIdentity,
    offsets: readonly OffsetToCommit[],
    caller: Caller,
    version: number,
  ): void
  /** Refuses a commit of these offsets within a transaction, in a name that may not make it. */
  checkTransactionalCommit(request: CommitIdentity, offsets: readonly OffsetToCommit[], caller: Caller): void
  /** Refuses a fetch of offsets in a name that may not make it. */
  checkFetch(memberId: string | null, memberEpoch: number): void

  /** The facts that restore what is durable now. */
  facts(): Iterable<GroupFact>
  /** The facts that take it back. */
  tombstones(): Iterable<GroupFact>
  /** Begins the members' sessions, once the replay is over. */
  goLive(): GroupOutcome
  /** Ends the group here, as it is no more, or another coordinator's: waiting members are answered with the error. */
  close(error: KafkaError): void
}
