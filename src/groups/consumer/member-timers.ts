import type { KafkaError } from '../../wire/errors.js'
import type { GroupTimers } from '../shared/group-timers.js'
import { type GroupOutcome, nothing } from '../stored/group-facts.js'
import { type ConsumerMember, speaksClassic } from './consumer-member.js'

/** The time before a timer's work is tried again, as in Kafka's CoordinatorRuntime. */
const retryMs = 500

type Who = Pick<ConsumerMember, 'id' | 'about'>

/** The times by which each member of a group has to do what is expected of it; a member that does not is fenced off. */
export class MemberTimers {
  constructor(
    private readonly timers: GroupTimers,
    private readonly sessionTimeoutMs: () => number,
    private readonly fence: (memberId: string, reason: string) => GroupOutcome,
    /** Gives the epoch of a member now; undefined when it is none any more. */
    private readonly epochOf: (memberId: string) => number | undefined,
  ) {}

  /** Expects a sign of life of the member. One that speaks the classic protocol has a session timeout of its own. */
  startSession({ id, about }: Who): void {
    const timeoutMs = about.classicMemberMetadata?.sessionTimeoutMs ?? this.sessionTimeoutMs()
    if (this.timers.again(timeoutMs, 'session', id)) return
    this.#expect('session', timeoutMs, id, 'its session timed out')
  }

  /**
   * Expects the member to let go of the partitions that it was told to. Classic members are told to join again, and
   * awaited there.
   */
  awaitRevocation({ id, state, epoch, about }: ConsumerMember): void {
    if (state === 'unrevoked' && !speaksClassic({ about })) {
      const isLate = () => this.epochOf(id) === epoch
      const otherwise = 'it did not let go of its partitions in time'
      this.#expect('revocation', about.rebalanceTimeoutMs, id, otherwise, isLate)
    } else this.timers.cancel('revocation', id)
  }

  /** Expects the member to join again, as it was told to. */
  awaitJoin({ id, about }: Who): void {
    if (this.timers.isArmed('join', id)) return
    this.#expect('join', about.rebalanceTimeoutMs, id, 'it did not join again in time')
  }

  /** Expects the member, which has joined, to ask for its assignment. */
  awaitSync({ id, about }: Who): void {
    this.timers.cancel('join', id)
    this.#expect('sync', about.rebalanceTimeoutMs, id, 'it did not ask for its assignment in time')
  }

  hasSynced(id: string): void {
    this.timers.cancel('sync', id)
  }

  forget(id: string): void {
    for (const what of ['session', 'revocation', 'join', 'sync']) this.timers.cancel(what, id)
  }

  /** Fences a member off that is late. That may fail to be kept; then it is tried again, for no other work does it. */
  #expect(what: string, withinMs: number, id: string, otherwise: string, isLate = () => true): void {
    this.timers.after(withinMs, what, id, () => {
      if (!isLate()) return nothing
      const outcome = this.fence(id, otherwise)
      const failed = (error: KafkaError) => {
        this.#expect(what, retryMs, id, otherwise, isLate)
        return outcome.failed?.(error)
      }
      return { ...outcome, failed }
    })
  }
}
