import { Broker } from '../../src/index.js'
import { describeGroups } from '../../src/wire/apis/describe-groups.js'
import { describeTransactions } from '../../src/wire/apis/describe-transactions.js'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { errorCodes } from '../../src/wire/errors.js'
import { ReferenceBroker } from '../apache-kafka/reference-broker.js'
import type { Scenario, Settings } from './scenario.js'
import { Stage } from './stage.js'
import { normalise } from './transcript.js'

const centuryMs = 100 * 365 * 24 * 3_600_000

/**
 * The settings of all brokers: no group waits for members that do not come, limits can be met, one node is enough, and
 * batches of a time long past stay, in one segment with those of today.
 */
export const common: Settings = {
  'group.initial.rebalance.delay.ms': '0',
  'group.consumer.max.size': '3',
  'group.consumer.assignment.interval.ms': '0',
  'group.max.size': '3',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
  'log.retention.ms': '-1',
  'log.roll.ms': String(centuryMs),
}

/** Apache Kafka, Ottla with Kafka's defaults and Ottla with its own, which all play the same scenarios. */
export class Cast {
  #played = 0

  private constructor(
    private readonly kafka: ReferenceBroker,
    private readonly parity: Broker,
    private readonly ottla: Broker,
  ) {}

  static async start(settings: Settings): Promise<Cast> {
    const set = { ...common, ...settings }
    const cast = new Cast(
      await ReferenceBroker.start(set),
      await Broker.create({ set, parity: true }),
      await Broker.create({ set }),
    )
    await cast.play(warmUp)
    return cast
  }

  async stop(): Promise<void> {
    await Promise.all([this.kafka.stop(), this.parity.stop(), this.ottla.stop()])
  }

  /** The normalised transcripts, one of each. */
  async play(play: Scenario['play']): Promise<{ kafka: unknown; parity: unknown; ottla: unknown }> {
    this.#played += 1
    const prefix = `s${this.#played}`
    const [kafka, parity, ottla] = await Promise.all(
      [this.kafka.port, portOf(this.parity), portOf(this.ottla)].map(port =>
        transcriptOf(play, port, prefix),
      ),
    )
    return { kafka, parity, ottla }
  }
}

/**
 * Kafka creates the topics of its coordinators when it is first asked for one, then loads each of their partitions, and
 * fetches producer ids.
 */
export const warmUp: Scenario['play'] = async at => {
  const names = Array.from({ length: 400 }, (_, i) => `warm-${i}`)
  for (const keyType of [0, 1]) {
    const request = { keyType, coordinatorKeys: ['warm'] }
    await at.quietlyUntil(
      ({ coordinators }) => coordinators[0]?.errorCode === errorCodes.NONE,
      findCoordinator,
      4,
      request,
    )
  }
  await at.quietlyUntil(({ groups }) => groups.every(isReady), describeGroups, 4, { groups: names })
  await at.quietlyUntil(
    ({ transactionStates }) => transactionStates.every(isReady),
    describeTransactions,
    0,
    { transactionalIds: names },
  )
  const producer = { transactionalId: null, transactionTimeoutMs: 60_000 }
  await at.quietlyUntil(isReady, initProducerId, 4, producer)
}

const notYet: readonly number[] = [
  errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  errorCodes.COORDINATOR_NOT_AVAILABLE,
  errorCodes.NOT_COORDINATOR,
]
const isReady = ({ errorCode }: { readonly errorCode: number }): boolean => !notYet.includes(errorCode)

const portOf = (broker: Broker): number => Number(broker.brokers[0]?.split(':')[1])

/** Plays a scenario and returns its transcript. An error that ends it half-way is part of the transcript. */
export async function transcriptOf(play: Scenario['play'], port: number, prefix: string): Promise<unknown> {
  const stage = await Stage.open(port, prefix)
  try {
    await play(stage)
  } catch (thrown) {
    stage.transcript.push({ asked: 'anything else', answered: String(thrown) })
  } finally {
    stage.close()
  }
  return normalise(stage.transcript, port)
}
