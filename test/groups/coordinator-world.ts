import { BrokerConfig } from '../../src/config/broker-config.js'
import { GroupCoordinator } from '../../src/groups/group-coordinator.js'
import type { Caller, JoinRequest, SyncRequest } from '../../src/groups/shared/group-requests.js'
import { Background } from '../../src/telemetry/background.js'
import { silent } from '../../src/telemetry/logger.js'
import { KafkaError } from '../../src/wire/errors.js'
import { inflater } from '../support/inflater.js'
import { JournalLog } from '../support/journal-log.js'
import { ManualClock } from '../support/manual-clock.js'
import { Topics } from '../support/topics.js'

export const offsetsTopic = '__consumer_offsets'

/** A coordinator over a log in memory, time that stands still, and ids that count. */
export class CoordinatorWorld {
  readonly clock = new ManualClock()
  readonly background = new Background({ clock: this.clock, logger: silent })
  readonly log = new JournalLog()
  readonly topics = new Topics()
  readonly config: BrokerConfig
  readonly left: string[] = []
  readonly racks = new Map<number, string>()
  coordinator: GroupCoordinator
  #ids = 0

  constructor(settings: Readonly<Record<string, string>> = {}, leaders: readonly number[] = [0, 0, 0]) {
    this.config = new BrokerConfig(new Map(Object.entries(settings)))
    this.topics.create('orders', [0, 0, 0, 0])
    this.leaders = leaders
    this.coordinator = this.#start()
  }

  readonly leaders: readonly number[]

  /** Starts the coordinator again as after a crash, which takes all that is in memory. */
  restart(): void {
    this.coordinator.stop()
    this.coordinator = this.#start()
  }

  #start(): GroupCoordinator {
    const coordinator = new GroupCoordinator({
      metadata: this.topics.store,
      cluster: this.topics.cluster,
      inflater: inflater(),
      log: this.log.engine,
      clock: this.clock,
      config: this.config,
      logger: silent,
      background: this.background,
      createInternalTopic: async () => this.topics.create(offsetsTopic, this.leaders),
      newUuid: () => String(++this.#ids),
      rackOf: nodeId => this.racks.get(nodeId) ?? null,
    })
    coordinator.onMemberLeft(clientId => this.left.push(clientId))
    return coordinator
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms)
    await settle()
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
}

export const caller = (clientId: string, connectionId = 1, nodeId = 0): Caller => ({
  clientId,
  clientHost: '/127.0.0.1',
  connection: { id: connectionId, isClosed: false },
  nodeId,
})

/** ConsumerProtocolSubscription version 0. */
export function subscription(...topics: string[]): Buffer {
  const names = topics.map(topic => Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic)]))
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 0, topics.length]), ...names, Buffer.from([0, 0, 0, 0])])
}

export const joinRequest = (changes: Partial<JoinRequest> = {}): JoinRequest => ({
  groupId: 'shop',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  memberId: '',
  groupInstanceId: null,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: subscription('orders') }],
  reason: null,
  ...changes,
})

export const syncRequest = (changes: Partial<SyncRequest> = {}): SyncRequest => ({
  groupId: 'shop',
  generationId: 1,
  memberId: '',
  groupInstanceId: null,
  protocolType: null,
  protocolName: null,
  assignments: [],
  ...changes,
})

/** Returns the outcome of a request: its value, the name of its error, or `waits`. */
export async function outcome<T>(request: Promise<T>): Promise<T | string> {
  let result: T | string = 'waits'
  request.then(
    value => {
      result = value
    },
    (thrown: unknown) => {
      if (!(thrown instanceof KafkaError)) throw thrown
      result = thrown.errorName
    },
  )
  await settle()
  return result
}

export { errorNameOf as errorName } from '../support/error-name.js'
