import { randomUUID } from 'node:crypto'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.js'
import { errorCodes } from '../../src/wire/errors.js'
import type { RawClient } from '../../test/support/raw-client.js'

type Owned = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

/** A member of a group whose work the broker shares out (KIP-848), on a connection of its own. */
export class ConsumerMember {
  readonly #memberId = randomUUID()
  #epoch = 0
  #owned: Owned = []
  /** True while it has yet to confirm its assignment. */
  #news = false

  constructor(
    private readonly client: RawClient,
    readonly group: string,
    private readonly topic: string,
  ) {}

  get partitions(): number {
    return this.#owned.reduce((sum, { partitions }) => sum + partitions.length, 0)
  }

  async join(): Promise<void> {
    const joining = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: [this.topic], topicPartitions: [] }
    const errorCode = await this.#heartbeat(joining)
    if (errorCode !== errorCodes.NONE) throw new Error(`${this.group} cannot be joined: error ${errorCode}`)
  }

  /** Returns the error, NONE when it is still a member. */
  beat(): Promise<number> {
    const topicPartitions = this.#owned.map(({ topicId, partitions }) => ({
      topicId,
      partitions: [...partitions],
    }))
    return this.#heartbeat(this.#news ? { topicPartitions } : {})
  }

  async #heartbeat(said: object): Promise<number> {
    const answer = await this.client.ask(consumerGroupHeartbeat, 1, {
      groupId: this.group,
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      subscribedTopicRegex: null,
      ...said,
    })
    if (answer.errorCode !== errorCodes.NONE) return answer.errorCode
    this.#epoch = answer.memberEpoch
    this.#news = answer.assignment !== null
    if (answer.assignment) this.#owned = answer.assignment.topicPartitions
    return errorCodes.NONE
  }
}
