import { BrokerConfig } from '../../../src/config/broker-config.js'
import { ClusterTopics } from '../../../src/groups/consumer/cluster-topics.js'
import { consumerSurroundings } from '../../../src/groups/consumer/settings.js'
import { GroupPartition } from '../../../src/groups/group-partition.js'
import { GroupTimers } from '../../../src/groups/shared/group-timers.js'
import { type GroupFact, type GroupOutcome, groupFacts } from '../../../src/groups/stored/group-facts.js'
import { silent } from '../../../src/telemetry/logger.js'
import { KafkaError } from '../../../src/wire/errors.js'
import { ManualClock } from '../../support/manual-clock.js'
import { Topics } from '../../support/topics.js'

interface Stored {
  readonly key: Buffer
  readonly value: Buffer | null
}

/**
 * A partition of groups without a journal around it: facts are written to an array in Kafka's format, and
 * applied at once, to the partition at work and, as read again, to another that never does anything else.
 */
export class LonePartition {
  readonly clock = new ManualClock()
  readonly topics = new Topics()
  readonly config = new BrokerConfig(
    new Map([
      ['group.max.size', '3'],
      ['group.consumer.max.size', '3'],
      ['group.initial.rebalance.delay.ms', '0'],
      ['group.consumer.assignment.interval.ms', '0'],
    ]),
  )
  readonly #written: Stored[] = []
  readonly #cluster = new ClusterTopics(this.topics.store, () => null)
  #working: GroupPartition
  #shadow: GroupPartition
  #ids = 0
  failing = false

  constructor(private readonly perform: (act: () => void) => void) {
    this.topics.onChange(change => this.#cluster.changed(change))
    this.topics.create('orders', [0, 0, 0, 0])
    this.topics.set('till', { 'consumer.assignment.interval.ms': '1000' })
    this.#working = this.#open()
    this.#shadow = this.#open()
    this.#goLive()
  }

  get writtenCount(): number {
    return this.#written.length
  }

  get working(): GroupPartition {
    return this.#working
  }

  get shadow(): GroupPartition {
    return this.#shadow
  }

  membersOf(groupId: string): string[] {
    const group = [...this.#working.list()].find(each => each.groupId === groupId)
    if (!group) return []
    const isConsumer = group.groupType === 'consumer'
    const members: Iterable<{ readonly memberId: string }> = isConsumer
      ? this.#working.describeConsumers(groupId).members
      : this.#working.describe(groupId).members
    return Array.from(members, ({ memberId }) => memberId)
  }

  /** All that is in memory is lost, and made again of what was written. */
  crash(): void {
    this.#working.close(new KafkaError('NOT_COORDINATOR'))
    this.#working = this.#open()
    this.#shadow = this.#open()
    for (const stored of this.#written) this.#apply(stored, [this.#working, this.#shadow])
    this.#goLive()
  }

  run(command: () => GroupOutcome): void {
    let outcome: GroupOutcome | undefined = command()
    while (outcome) outcome = this.#settle(outcome)
  }

  #goLive(): void {
    for (const { step } of this.#working.goLive()) this.run(step)
  }

  #open(): GroupPartition {
    const { clock, config } = this
    return new GroupPartition({
      now: () => clock.now(),
      offsetMetadataMaxBytes: 100,
      forGroup: id => ({
        timers: new GroupTimers(clock, command => this.perform(() => this.run(command))),
        limits: {
          maxSize: config.number('group.max.size'),
          initialRebalanceDelayMs: id === 'shop' ? 0 : 3000,
        },
        consumer: consumerSurroundings(id, { config, metadata: this.topics.store, topics: this.#cluster }),
        logger: silent,
        replies: { call: act => act() },
        newUuid: () => String(++this.#ids),
        newId: () => String(++this.#ids),
        isMember: () => undefined,
        left: () => undefined,
      }),
    })
  }

  #settle({ facts, kept, failed }: GroupOutcome): GroupOutcome | undefined {
    if (facts.length > 0 && this.failing) {
      this.failing = false
      return failed?.(new KafkaError('NOT_ENOUGH_REPLICAS'))
    }
    for (const fact of facts) {
      const stored = groupFacts.encode(fact)
      this.#written.push(stored)
      this.#working.apply(fact, null)
      this.#apply(stored, [this.#shadow])
    }
    return kept?.()
  }

  #apply({ key, value }: Stored, partitions: readonly GroupPartition[]): void {
    const fact = groupFacts.decode(key, value) as GroupFact
    for (const partition of partitions) partition.apply(fact, null)
  }
}
