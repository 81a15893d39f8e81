import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.js'
import { errorCodes } from '../../src/wire/errors.js'
import type { Api, Decoded } from '../../src/wire/schema.js'
import type { MadeTopic, Stage } from './stage.js'

type Answer = typeof consumerGroupHeartbeat extends Api<infer _Req, infer Res> ? Decoded<Res> : never
type Owned = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

export interface ConsumerMemberOptions {
  readonly group?: string
  readonly memberId?: string
  readonly instanceId?: string | null
  readonly rackId?: string | null
  readonly rebalanceTimeoutMs?: number
  readonly topics?: readonly MadeTopic[] | null
  readonly regex?: string | null
  readonly assignor?: string | null
  /** The version of ConsumerGroupHeartbeat. */
  readonly version?: number
}

/** The fields of a heartbeat beside those that name the member; a field that is left out has not changed. */
interface Beat extends ConsumerMemberOptions {
  readonly epoch?: number
  readonly owned?: Owned | null
}

/** A member of a consumer group (KIP-848) that says what the scenario wants it to say. */
export class ConsumerMember {
  epoch = 0
  memberId: string
  readonly group: string
  #assigned: Owned = []

  constructor(
    private readonly at: Stage,
    private readonly options: ConsumerMemberOptions = {},
  ) {
    this.group = options.group ?? at.name()
    this.memberId = options.memberId ?? at.name()
  }

  /** A member that is in its group and has its assignment, which is no part of the comparison. */
  static async joined(at: Stage, options: ConsumerMemberOptions = {}): Promise<ConsumerMember> {
    const member = new ConsumerMember(at, options)
    await member.#topicsKnown()
    member.#learn(await at.quietly(consumerGroupHeartbeat, 1, member.joining()))
    await member.settle()
    return member
  }

  /** The heartbeat with which it joins; its answer is remembered. */
  async join(changes: Beat = {}): Promise<Answer> {
    const { version = this.options.version ?? 1 } = changes
    await this.#topicsKnown()
    const answer = await this.at.ask(consumerGroupHeartbeat, version, this.joining(changes))
    this.#learn(answer)
    return answer
  }

  /** Sends a heartbeat with these fields only. */
  async beat(changes: Beat = {}): Promise<Answer> {
    const { version = this.options.version ?? 1 } = changes
    const answer = await this.at.ask(consumerGroupHeartbeat, version, this.#request(changes))
    this.#learn(answer)
    return answer
  }

  /** Leaves for good, or for a while as a static member. */
  leave(epoch = -1, changes: Beat = {}): Promise<Answer> {
    const { instanceId = null } = this.options
    return this.beat({ epoch, instanceId, ...changes })
  }

  /** Says that it owns what it was assigned. */
  acknowledge(): Promise<Answer> {
    return this.beat({ owned: this.#assigned })
  }

  /** Takes and gives back partitions as the coordinator says, until nothing is left to do. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      const answer = await this.at.quietly(
        consumerGroupHeartbeat,
        1,
        this.#request({ owned: this.#assigned }),
      )
      quiet = answer.assignment === null && answer.memberEpoch === this.epoch ? quiet + 1 : 0
      this.#learn(answer)
      if (answer.errorCode !== errorCodes.NONE) return
    }
  }

  joining(changes: Beat = {}) {
    const { topics = null, regex = null, instanceId = null, rackId = null, assignor = null } = this.options
    const { rebalanceTimeoutMs = 30_000 } = this.options
    const all = { topics, regex, instanceId, rackId, assignor, rebalanceTimeoutMs, owned: [] }
    return this.#request({ ...all, epoch: 0, ...changes })
  }

  async #topicsKnown(): Promise<void> {
    const newest = this.options.topics?.at(-1)
    if (newest) await this.at.knownToGroups(newest)
  }

  #request({ version = this.options.version ?? 1, ...beat }: Beat) {
    return {
      groupId: beat.group ?? this.group,
      memberId: beat.memberId ?? this.memberId,
      memberEpoch: beat.epoch ?? this.epoch,
      instanceId: beat.instanceId ?? null,
      rackId: beat.rackId ?? null,
      rebalanceTimeoutMs: beat.rebalanceTimeoutMs ?? -1,
      subscribedTopicNames: beat.topics?.map(({ name }) => name) ?? null,
      ...(version >= 1 ? { subscribedTopicRegex: beat.regex ?? null } : {}),
      serverAssignor: beat.assignor ?? null,
      topicPartitions: beat.owned ?? null,
    }
  }

  #learn({ errorCode, memberId, memberEpoch, assignment }: Answer): void {
    if (errorCode !== errorCodes.NONE) return
    this.memberId = memberId ?? this.memberId
    this.epoch = memberEpoch
    if (assignment) this.#assigned = assignment.topicPartitions
  }
}
