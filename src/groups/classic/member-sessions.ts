import { type ErrorName, KafkaError } from '../../wire/errors.js'
import type { Caller, JoinAnswer, SyncAnswer } from '../shared/group-requests.js'
import type { GroupSurroundings } from '../shared/group-surroundings.js'
import type { GroupOutcome } from '../stored/group-facts.js'
import type { ClassicMember } from './classic-member.js'
import { Members } from './members.js'

/**
 * The time in which a new member should have asked again. Until its first join is answered it has no id by which to
 * send heartbeats.
 */
export const newMemberTimeoutMs = 300_000

/**
 * The members of a group and the end of each one's session, and the ids that were handed out (KIP-394) and have not
 * joined yet. A member that is removed gets an answer to what it waits for.
 */
export class MemberSessions {
  readonly members = new Members()
  readonly #pending = new Set<string>()

  constructor(
    private readonly around: GroupSurroundings,
    private readonly sessionEnds: (id: string) => GroupOutcome,
  ) {}

  isPending(id: string): boolean {
    return this.#pending.has(id)
  }

  get hasPending(): boolean {
    return this.#pending.size > 0
  }

  /** True when no member is awaited any more. */
  get allJoining(): boolean {
    return this.#pending.size === 0 && this.members.allJoining
  }

  /**
   * Hands out an id for one session: a client that never comes back with it must not become a member that all others
   * wait for.
   */
  handOut(id: string, sessionTimeoutMs: number, caller: Caller): void {
    this.#pending.add(id)
    this.around.isMember(id, caller)
    this.#startSession(id, sessionTimeoutMs)
  }

  add(member: ClassicMember, caller: Caller): void {
    this.members.add(member)
    this.#pending.delete(member.id)
    this.#seen(member, caller)
    this.#startSession(member.id, newMemberTimeoutMs)
  }

  /** The member that a request names; FENCED_INSTANCE_ID when its static name is another's by now. */
  find(id: string, instanceId: string | null, caller: Caller): ClassicMember {
    const member = this.check(id, instanceId)
    this.#seen(member, caller)
    return member
  }

  check(id: string, instanceId: string | null): ClassicMember {
    if (instanceId !== null) {
      const current = this.members.idOfInstance(instanceId)
      if (current === undefined) throw new KafkaError('UNKNOWN_MEMBER_ID')
      if (current !== id) throw new KafkaError('FENCED_INSTANCE_ID')
    }
    const member = this.members.get(id)
    if (!member) throw new KafkaError('UNKNOWN_MEMBER_ID')
    return member
  }

  /** Takes a member out, or hands its place to a successor. */
  remove(member: ClassicMember, because: ErrorName = 'UNKNOWN_MEMBER_ID', successor?: ClassicMember): void {
    if (member.joining) this.answerJoin(member, new MemberGone(because, successor ? member.id : ''))
    if (member.syncing) this.answerSync(member, new KafkaError(because))
    if (successor) this.members.replace(member, successor)
    else this.members.remove(member)
    this.forget(member.id, member)
    if (successor) this.renew(successor)
  }

  /** Forgets an id that no client uses any more. */
  forget(id: string, member: ClassicMember | null = null): void {
    this.#pending.delete(id)
    this.around.timers.cancel('session', id)
    this.around.left(id, member)
  }

  forgetPending(): void {
    for (const id of [...this.#pending]) this.forget(id)
  }

  /** Begins a member's session anew. */
  renew({ id, sessionTimeoutMs }: ClassicMember): void {
    this.#startSession(id, sessionTimeoutMs)
  }

  answerJoin(member: ClassicMember, answer: JoinAnswer | KafkaError): void {
    const reply = this.members.joined(member)
    if (reply) this.around.replies.call(() => reply(answer))
  }

  answerSync(member: ClassicMember, answer: SyncAnswer | KafkaError): void {
    const { syncing: reply } = member
    member.syncing = null
    if (reply) this.around.replies.call(() => reply(answer))
  }

  #startSession(id: string, timeoutMs: number): void {
    const { timers } = this.around
    if (timers.again(timeoutMs, 'session', id)) return
    timers.after(timeoutMs, 'session', id, () => this.sessionEnds(id))
  }

  /**
   * Notes a request of a dynamic member. Static members are not bound to a connection: they may restart within their
   * session.
   */
  #seen(member: ClassicMember, caller: Caller): void {
    if (member.instanceId === null) this.around.isMember(member.id, caller)
  }
}

/** The error for a client that waits to join and is a member no more. A replaced one hears its id, as in Kafka. */
export class MemberGone extends KafkaError {
  constructor(
    errorName: ErrorName,
    readonly memberId: string,
  ) {
    super(errorName)
  }
}
