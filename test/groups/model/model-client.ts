import type {
  ConsumerHeartbeatAnswer,
  ConsumerHeartbeatRequest,
} from '../../../src/groups/consumer/consumer-requests.js'
import {
  type Assignment,
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../../src/groups/shared/embedded-protocol.js'
import type {
  HeartbeatRequest,
  JoinAnswer,
  JoinRequest,
  SyncAnswer,
  SyncRequest,
} from '../../../src/groups/shared/group-requests.js'
import { errorCodes, type KafkaError } from '../../../src/wire/errors.js'
import { encodeMessage } from '../../../src/wire/stored-message.js'
import type { Topics } from '../../support/topics.js'
import { type ClientName, isStatic } from './steps.js'

interface Owned {
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** A client that keeps to either protocol, and believes its answers. */
export class ModelClient {
  readonly seat: string | null
  protocol: 'consumer' | 'classic' = 'consumer'
  memberId = ''
  epoch = 0
  owned: readonly Owned[] = []
  /** The partitions that it still works on, while the coordinator has not heard that it gave them up. */
  #lettingGo: readonly Owned[] = []
  waits = false
  /** The request that it should send next. */
  needs: 'join' | 'sync' | 'beat' = 'join'
  lives = 1
  #confirmed = true
  #leads: readonly string[] = []
  #protocolName = ''
  /** The number of partitions when it joined; a second sync does not change it. */
  #sawPartitions = 0

  constructor(
    readonly group: string,
    readonly name: ClientName,
  ) {
    this.seat = isStatic(name) ? `seat of ${name}` : null
  }

  get holds(): readonly Owned[] {
    return [...this.owned, ...this.#lettingGo]
  }

  /** True unless it has lost its place: then it joins before it says anything else. */
  get mayBeat(): boolean {
    return this.memberId !== '' && (this.protocol === 'classic' || this.needs === 'beat')
  }

  /**
   * Joins again where there are more partitions than when it joined, as the leader of a group does. Here every member
   * does: the leader of a group that went back to the classic protocol has never heard that it leads.
   */
  notices(topics: Topics): void {
    const isOld = this.protocol === 'classic' && this.#sawPartitions !== countOf(topics)
    if (isOld && this.needs === 'beat') this.needs = 'join'
  }

  /** Its process is gone, and with it all that it knew. */
  restart(): void {
    this.lives++
    this.memberId = ''
    this.#ownsNothing()
    this.waits = false
    this.needs = 'join'
  }

  refused({ errorName }: KafkaError): void {
    if (errorName === 'COORDINATOR_NOT_AVAILABLE' || errorName === 'NOT_COORDINATOR') return
    if (errorName === 'REBALANCE_IN_PROGRESS') {
      this.needs = 'join'
      return
    }
    this.#ownsNothing()
    this.needs = 'join'
    if (errorName !== 'ILLEGAL_GENERATION' && this.protocol === 'classic') this.memberId = ''
  }

  #ownsNothing(): void {
    this.owned = []
    this.#lettingGo = []
  }

  // KIP-848

  joining({
    matching,
    reading,
  }: {
    matching: boolean
    reading: 'orders' | 'both'
  }): ConsumerHeartbeatRequest {
    if (this.protocol === 'classic' || this.memberId === '') this.memberId = `${this.name}-${this.lives}`
    this.protocol = 'consumer'
    this.needs = 'join'
    this.#ownsNothing()
    return {
      ...this.#heartbeat(0),
      rebalanceTimeoutMs: 15_000,
      topicPartitions: [],
      subscribedTopicNames: matching ? [] : reading === 'both' ? ['orders', 'payments'] : ['orders'],
      subscribedTopicRegex: matching ? 'o.*' : null,
    }
  }

  joined(): (answer: ConsumerHeartbeatAnswer) => void {
    return answer => this.#told(answer)
  }

  beat({ holdingOn }: { holdingOn: boolean }): ConsumerHeartbeatRequest {
    const topicPartitions = this.#says(holdingOn)
    if (topicPartitions) this.#lettingGo = []
    return { ...this.#heartbeat(this.epoch), topicPartitions }
  }

  heard({ holdingOn }: { holdingOn: boolean }): (answer: ConsumerHeartbeatAnswer) => void {
    const said = this.#says(holdingOn) !== null
    return answer => {
      if (said) this.#confirmed = true
      this.#told(answer)
    }
  }

  leaving(forAWhile: boolean): ConsumerHeartbeatRequest {
    return this.#heartbeat(forAWhile && this.seat !== null ? -2 : -1)
  }

  #says(holdingOn: boolean) {
    if (this.#confirmed || holdingOn) return null
    return this.owned.map(({ topicId, partitions }) => ({ topicId, partitions: [...partitions] }))
  }

  #heartbeat(memberEpoch: number): ConsumerHeartbeatRequest {
    return {
      groupId: this.group,
      memberId: this.memberId,
      memberEpoch,
      instanceId: this.seat,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: null,
    }
  }

  #told({ memberEpoch, assignment }: ConsumerHeartbeatAnswer): void {
    this.epoch = memberEpoch
    this.needs = 'beat'
    if (!assignment) return
    const next = assignment.topicPartitions
    this.#lettingGo = without(this.holds, next)
    this.owned = next
    this.#confirmed = false
  }

  // The classic protocol

  joiningClassically({ cooperative }: { cooperative: boolean }, topics: Topics): JoinRequest {
    this.#sawPartitions = countOf(topics)
    if (this.protocol === 'consumer') this.memberId = ''
    if (this.protocol === 'consumer' || !cooperative) this.#ownsNothing()
    this.protocol = 'classic'
    this.needs = 'join'
    return {
      groupId: this.group,
      memberId: this.memberId,
      groupInstanceId: this.seat,
      sessionTimeoutMs: 15_000,
      rebalanceTimeoutMs: 15_000,
      protocolType: 'consumer',
      protocols: (cooperative ? ['cooperative-sticky', 'range'] : ['range', 'cooperative-sticky']).map(
        name => ({
          name,
          metadata: encodeMessage(consumerProtocolSubscription, 3, {
            topics: ['orders'],
            ownedPartitions: this.owned.map(({ partitions }) => ({ topic: 'orders', partitions })),
            rackId: null,
          }),
        }),
      ),
      reason: null,
    }
  }

  joinedClassically(): (answer: JoinAnswer) => void {
    return answer => {
      this.memberId = answer.memberId
      if (answer.errorCode === errorCodes.MEMBER_ID_REQUIRED) return
      this.epoch = answer.generationId ?? -1
      this.#protocolName = answer.protocolName ?? ''
      this.#leads = answer.members.map(({ memberId }) => memberId)
      this.needs = 'sync'
    }
  }

  /** A leader deals out what there is of orders. */
  syncing(topics: Topics): SyncRequest {
    const all = Array.from({ length: countOf(topics) }, (_, i) => i)
    return {
      groupId: this.group,
      memberId: this.memberId,
      generationId: this.epoch,
      groupInstanceId: this.seat,
      protocolType: 'consumer',
      protocolName: this.#protocolName,
      assignments: this.#leads.map((memberId, i) => {
        const partitions = all.filter(each => each % this.#leads.length === i)
        const assignedPartitions = [{ topic: 'orders', partitions }]
        return { memberId, assignment: encodeMessage(consumerProtocolAssignment, 3, { assignedPartitions }) }
      }),
    }
  }

  synced(read: (assignment: Uint8Array) => Assignment | null, topics: Topics): (answer: SyncAnswer) => void {
    return ({ assignment }) => {
      const { id: topicId } = topics.topic('orders') as { id: string }
      this.owned = (read(assignment)?.assignedPartitions ?? []).map(({ partitions }) => ({
        topicId,
        partitions,
      }))
      this.needs = 'beat'
    }
  }

  classicBeat(): HeartbeatRequest {
    return {
      groupId: this.group,
      memberId: this.memberId,
      generationId: this.epoch,
      groupInstanceId: this.seat,
    }
  }
}

const countOf = (topics: Topics): number => topics.topic('orders')?.partitions.length ?? 0

const without = (owned: readonly Owned[], others: readonly Owned[]): Owned[] =>
  owned.map(({ topicId, partitions }) => {
    const kept = others.find(other => other.topicId === topicId)?.partitions ?? []
    return { topicId, partitions: partitions.filter(each => !kept.includes(each)) }
  })
