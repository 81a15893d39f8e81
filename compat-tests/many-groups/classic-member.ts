import { heartbeat } from '../../src/wire/apis/heartbeat.js'
import { joinGroup } from '../../src/wire/apis/join-group.js'
import { syncGroup } from '../../src/wire/apis/sync-group.js'
import { errorCodes } from '../../src/wire/errors.js'
import type { RawClient } from '../../test/support/raw-client.js'

const { NONE, MEMBER_ID_REQUIRED, REBALANCE_IN_PROGRESS } = errorCodes

/** A member of a classic group, on a connection of its own, that does what the protocol asks for and nothing else. */
export class ClassicMember {
  #memberId = ''
  #generation = -1

  constructor(
    private readonly client: RawClient,
    readonly group: string,
    private readonly sessionTimeoutMs: number,
  ) {}

  /** Joins until it has its share. */
  async join(): Promise<void> {
    while (!(await this.#joined())) {}
  }

  /** Returns the error, NONE when it is still a member. */
  async beat(): Promise<number> {
    const { errorCode } = await this.client.ask(heartbeat, 4, this.#identity())
    return errorCode
  }

  async #joined(): Promise<boolean> {
    const answer = await this.client.ask(joinGroup, 9, {
      groupId: this.group,
      memberId: this.#memberId,
      groupInstanceId: null,
      sessionTimeoutMs: this.sessionTimeoutMs,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      reason: null,
    })
    this.#memberId = answer.memberId
    if (answer.errorCode === MEMBER_ID_REQUIRED) return false
    this.#mustBe(answer.errorCode, NONE)
    this.#generation = answer.generationId
    const synced = await this.client.ask(syncGroup, 5, {
      ...this.#identity(),
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: answer.members.map(({ memberId }) => ({ memberId, assignment: Buffer.from(memberId) })),
    })
    if (synced.errorCode === REBALANCE_IN_PROGRESS) return false
    this.#mustBe(synced.errorCode, NONE)
    return (await this.beat()) !== REBALANCE_IN_PROGRESS
  }

  #identity() {
    const { group: groupId } = this
    return { groupId, memberId: this.#memberId, generationId: this.#generation, groupInstanceId: null }
  }

  #mustBe(errorCode: number, expected: number): void {
    if (errorCode !== expected) throw new Error(`a member of ${this.group} is told error ${errorCode}`)
  }
}
