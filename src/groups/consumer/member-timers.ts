import type { KafkaError } from '../../wire/errors.js'
import { type GroupOutcome, nothing } from '../facts.js'
import type { GroupTimers } from '../group-timers.js'
import { type ConsumerMember, speaksClassic } from './consumer-member.js'

/** As Kafka's CoordinatorRuntime waits before it tries a timer's work again. */
const retryMs = 500

type Who = Pick<ConsumerMember, 'id' | 'about'>

/** Until when each member of a group has to do what is expected of it; whoever does not is fenced off. */
export class MemberTimers {
  constructor(
    private readonly timers: GroupTimers,
    private readonly sessionTimeoutMs: () => number,
    private readonly fence: (memberId: string, reason: string) => GroupOutcome,
    /** The epoch of a member now; undefined when it is none any more. */
    private readonly epochOf: (memberId: string) => number | undefined,
  ) {}

  /** It has to be heard of; a member that speaks the classic protocol has a session timeout of its own. */
  startSession({ id, about }: Who): void {
    const timeoutMs = about.classicMemberMetadata?.sessionTimeoutMs ?? this.sessionTimeoutMs()
    if (this.timers.again(timeoutMs, 'session', id)) return
    this.#expect('session', timeoutMs, id, 'its session timed out')
  }

  /** It has to let go of what it was told to; classic members are told to join again, and awaited there. */
  awaitRevocation({ id, state, epoch, about }: ConsumerMember): void {
    if (state === 'unrevoked' && !speaksClassic({ about })) {
      const isLate = () => this.epochOf(id) === epoch
      const otherwise = 'it did not let go of its partitions in time'
      this.#expect('revocation', about.rebalanceTimeoutMs, id, otherwise, isLate)
    } else this.timers.cancel('revocation', id)
  }

  /** It was told to join again. */
  awaitJoin({ id, about }: Who): void {
    if (this.timers.isArmed('join', id)) return
    this.#expect('join', about.rebalanceTimeoutMs, id, 'it did not join again in time')
  }

  /** It has joined, and has to ask for what it is assigned. */
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

  /** That somebody is fenced off may fail to be kept; it is tried again, for nobody else will. */
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
