import { BrokerConfig } from '../../src/config/broker-config.js'
import type { EndedTransaction } from '../../src/coordinator/outcome.js'
import { Background } from '../../src/telemetry/background.js'
import { type Logger, silent } from '../../src/telemetry/logger.js'
import type { Markers } from '../../src/transactions/markers.js'
import type { NamedPartition } from '../../src/transactions/partition-set.js'
import { TransactionCoordinator } from '../../src/transactions/transaction-coordinator.js'
import type { ProducerIdentity } from '../../src/transactions/transaction-requests.js'
import type { ErrorName } from '../../src/wire/errors.js'
import { outcome, settle } from '../groups/coordinator-world.js'
import { inflater } from '../support/inflater.js'
import { JournalLog } from '../support/journal-log.js'
import { ManualClock } from '../support/manual-clock.js'
import { Topics } from '../support/topics.js'

const transactionsTopic = '__transaction_state'
export const id = 'shop'
export const here = { nodeId: 0 }

/** A transaction coordinator over a log in memory, time that stands still, and markers that a test hears of. */
export class TransactionWorld {
  readonly clock = new ManualClock()
  readonly background = new Background({ clock: this.clock, logger: silent })
  readonly log = new JournalLog()
  readonly topics = new Topics()
  /** Every marker that was asked for: `commit orders-0 7/1` commits in orders-0 for producer 7 with epoch 1. */
  readonly marked: string[] = []
  /** The errors of the next markers, in their order; later ones are written. */
  readonly markerOutcomes: ErrorName[] = []
  readonly complaints: string[] = []
  coordinator: TransactionCoordinator
  #held: (() => void)[] | null = null
  readonly #config: BrokerConfig

  constructor(settings: Readonly<Record<string, string>> = {}, leaders: readonly number[] = [0, 0, 0]) {
    this.#config = new BrokerConfig(new Map(Object.entries(settings)))
    this.topics.create('orders', [0, 0, 0, 0])
    this.topics.create(transactionsTopic, leaders)
    this.coordinator = this.#start()
  }

  /**
   * Starts the coordinator again as after a crash: all that is in memory is lost, and calls under way are never
   * answered.
   */
  async restart(): Promise<void> {
    this.coordinator.stop()
    this.#held = null
    await settle()
    this.coordinator = this.#start()
    await settle()
  }

  /** Markers wait until `releaseMarkers`, or are lost with a restart. */
  holdMarkers(): void {
    this.#held = []
  }

  async releaseMarkers(): Promise<void> {
    const held = this.#held ?? []
    this.#held = null
    for (const go of held) go()
    await settle()
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms)
    await settle()
  }

  init(timeoutMs = 60_000, expected: ProducerIdentity | null = null, transactionalId = id) {
    return this.coordinator.initialize({ transactionalId, timeoutMs, expected }, here)
  }

  add(producer: ProducerIdentity, ...partitions: number[]): Promise<string | undefined> {
    const all = partitions.map(partition => ({ topic: 'orders', partition }))
    const request = { transactionalId: id, ...producer, partitions: all, clientVersion: 2 }
    return told(this.coordinator.add(request, here))
  }

  end(producer: ProducerIdentity, committed: boolean, clientVersion = 2) {
    const { producerId, producerEpoch } = producer
    const request = { transactionalId: id, producerId, producerEpoch, committed, clientVersion }
    return this.coordinator.end(request, here)
  }

  async state(transactionalId = id): Promise<string | undefined> {
    return (await this.coordinator.describe(transactionalId, here))?.state
  }

  #start(): TransactionCoordinator {
    const markers = { write: (ended: EndedTransaction, to: NamedPartition[]) => this.#write(ended, to) }
    const coordinator = new TransactionCoordinator({
      metadata: this.topics.store,
      cluster: this.topics.cluster,
      inflater: inflater(),
      log: this.log.engine,
      clock: this.clock,
      config: this.#config,
      logger: { error: (message: string) => this.complaints.push(message) } as unknown as Logger,
      background: this.background,
      markers: markers as unknown as Markers,
      createInternalTopic: () => Promise.reject(new Error('the topic is there')),
    })
    coordinator.start()
    return coordinator
  }

  async #write(ended: EndedTransaction, to: readonly NamedPartition[]): Promise<ErrorName[]> {
    const held = this.#held
    if (held) await new Promise<void>(go => held.push(go))
    const { committed, producerId, producerEpoch } = ended
    return to.map(({ topic, partition }) => {
      const marker = `${topic}-${partition} ${producerId}/${producerEpoch}`
      this.marked.push(`${committed ? 'commit' : 'abort'} ${marker}`)
      return this.markerOutcomes.shift() ?? 'NONE'
    })
  }
}

/** Undefined when all went well, or the name of the error, or that it waits. */
async function told(request: Promise<unknown>): Promise<string | undefined> {
  const result = await outcome(request)
  return typeof result === 'string' ? result : undefined
}
