import type { Logger } from '../telemetry/logger.js'
import type { ConsumerSurroundings } from './consumer/surroundings.js'
import type { GroupOutcome } from './facts.js'
import type { Caller } from './group-requests.js'
import type { GroupTimers } from './group-timers.js'
import type { Member } from './member.js'

/** What a group needs from outside. */
export interface GroupSurroundings {
  readonly timers: GroupTimers
  readonly limits: GroupLimits
  readonly consumer: ConsumerSurroundings
  readonly logger: Logger
  /** What follows a client's id in the id of a classic member. */
  newUuid(): string
  /** The id of a member of a consumer group. */
  newId(): string
  /** The group is a classic one by now, with these members; with a reason it rebalances at once. */
  becomesClassic(members: readonly Member[], reason: string | null): GroupOutcome
  /** A request of this member, which is a dynamic one, came by this connection. */
  isMember(memberId: string, caller: Caller): void
  /** The id is no member's any more; `member` is null if it never became one. */
  left(memberId: string, member: Pick<Member, 'clientId' | 'clientHost'> | null): void
}

/** Read anew each time, so that a changed setting acts at once. */
export interface GroupLimits {
  readonly maxSize: number
  readonly initialRebalanceDelayMs: number
}
