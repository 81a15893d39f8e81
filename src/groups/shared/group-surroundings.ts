import type { Logger } from '../../telemetry/logger.js'
import type { Caller } from './group-requests.js'
import type { GroupTimers } from './group-timers.js'

/** The means that a group of either kind needs from outside. */
export interface GroupSurroundings {
  readonly timers: GroupTimers
  readonly limits: GroupLimits
  readonly logger: Logger
  /** Answers members that waited for each other, not too many of them in one turn of the event loop. */
  readonly replies: { call(answer: () => void): void }
  /** Gives the part after the client's id in the id of a classic member. */
  newUuid(): string
  /** Gives the id of a member of a consumer group. */
  newId(): string
  /** Notes that a request of this member, which is a dynamic one, came by this connection. */
  isMember(memberId: string, caller: Caller): void
  /** Notes that the id is no member's any more; `member` is null if it never became one. */
  left(memberId: string, member: Pick<Caller, 'clientId' | 'clientHost'> | null): void
}

/** The limits of a group. They are read anew each time, so that a changed setting acts at once. */
export interface GroupLimits {
  readonly maxSize: number
  readonly initialRebalanceDelayMs: number
}
