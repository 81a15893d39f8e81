import type { describeGroups } from '../../wire/apis/describe-groups.js'
import type { heartbeat } from '../../wire/apis/heartbeat.js'
import type { joinGroup } from '../../wire/apis/join-group.js'
import type { leaveGroup } from '../../wire/apis/leave-group.js'
import type { offsetCommit } from '../../wire/apis/offset-commit.js'
import type { syncGroup } from '../../wire/apis/sync-group.js'
import type { KafkaError } from '../../wire/errors.js'
import type { RequestOf, ResponseOf } from '../../wire/schema.js'

/** The connection by which a request came. */
export interface CallersConnection {
  readonly id: number
  /** True where it is closed by now; that may happen while the request is not understood yet. */
  readonly isClosed: boolean
}

/** The client that asks. */
export interface Caller {
  readonly clientId: string
  /** The address as Kafka writes it: `/127.0.0.1`. */
  readonly clientHost: string
  readonly connection: CallersConnection
  /** The node whose port the client dialled. */
  readonly nodeId: number
}

/** Answers a request, now or when its time has come. */
export type Reply<T> = (answer: T | KafkaError) => void

/** Replies, and leaves nothing else to be done. */
export function answered<T>(reply: Reply<T>, answer: T | KafkaError): undefined {
  reply(answer)
  return undefined
}

export type JoinRequest = RequestOf<typeof joinGroup>
/** The version of JoinGroup from which on a newcomer is told its id, and has to join again with it (KIP-394). */
export const memberIdRequiredSince = 4

/** A way of assigning partitions that a member knows; its metadata are for the leader only. */
export interface Protocol {
  readonly name: string
  readonly metadata: Buffer
}

/** Copies the protocols of a request: its bytes belong to its frame, and a member keeps its own. */
export const protocolsOf = (request: JoinRequest): Protocol[] =>
  request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }))

export type JoinAnswer = ResponseOf<typeof joinGroup>
export type SyncRequest = RequestOf<typeof syncGroup>
export type SyncAnswer = ResponseOf<typeof syncGroup>
export type SyncGroupAssignment = SyncRequest['assignments'][number]
export type HeartbeatRequest = RequestOf<typeof heartbeat>
export type LeavingMember = RequestOf<typeof leaveGroup>['members'][number]
export type LeaveAnswer = NonNullable<ResponseOf<typeof leaveGroup>['members']>
export interface ListedGroup {
  readonly groupId: string
  readonly protocolType: string
  readonly groupState: string
  readonly groupType: string
}
export type DescribedGroup = ResponseOf<typeof describeGroups>['groups'][number]

/** The name in which an offset is committed: a member of a generation, or (empty and -1) no member. */
export type CommitIdentity = Pick<
  RequestOf<typeof offsetCommit>,
  'memberId' | 'groupInstanceId' | 'generationIdOrMemberEpoch'
>
