import type { BrokerConfig } from '../config/broker-config.js'
import type { EndedTransaction } from '../coordinator/outcome.js'
import type { AppendBatch, AppendResult, LogEngine } from '../engine/log-engine.js'
import type { MetadataStore } from '../engine/metadata-store.js'
import { buildMarkerBatch } from '../records/end-transaction-marker.js'
import type { Clock } from '../time/clock.js'
import { Turns } from '../time/turns.js'
import { type ErrorName, KafkaError } from '../wire/errors.js'
import type { NamedPartition } from './partition-set.js'

export interface MarkersOptions {
  readonly metadata: MetadataStore
  readonly log: LogEngine
  readonly clock: Clock
  readonly config: BrokerConfig
  /**
   * The topic whose partitions are journals of another coordinator, which itself has to hear of a transaction's end.
   */
  readonly offsetsTopic: string
  readonly endOffsets: (partition: number, ended: EndedTransaction) => Promise<void>
}

/** The partition that a marker goes to, with its leader epoch and the place of its outcome among the others. */
interface LedPartition {
  readonly at: number
  readonly topicId: string
  readonly partition: number
  readonly leaderEpoch: number
}

/** Ends transactions in partitions: appends the markers that tell readers the outcome of the records before. */
export class Markers {
  constructor(private readonly options: MarkersOptions) {}

  /**
   * Writes the markers. Returns NONE or the reason why a marker could not be written, in the order of the partitions.
   */
  async write(ended: EndedTransaction, partitions: readonly NamedPartition[]): Promise<ErrorName[]> {
    const { offsetsTopic, metadata } = this.options
    const outcomes: ErrorName[] = []
    const plain: LedPartition[] = []
    const ofOffsets: { readonly at: number; readonly partition: number }[] = []
    const turns = new Turns()
    for (const [at, { topic: name, partition }] of partitions.entries()) {
      const topic = metadata.topic(name)
      const state = topic?.partitions[partition]
      if (!topic || !state) outcomes[at] = 'UNKNOWN_TOPIC_OR_PARTITION'
      else if (state.leader < 0) outcomes[at] = 'NOT_LEADER_OR_FOLLOWER'
      else if (name === offsetsTopic) ofOffsets.push({ at, partition })
      else plain.push({ at, topicId: topic.id, partition, leaderEpoch: state.leaderEpoch })
      const pause = turns.pause()
      if (pause) await pause
    }
    const told = ofOffsets.map(async ({ at, partition }) => {
      outcomes[at] = await this.#endOffsets(partition, ended)
    })
    await Promise.all([...told, this.#append(ended, plain, outcomes, turns)])
    return outcomes
  }

  async #endOffsets(partition: number, ended: EndedTransaction): Promise<ErrorName> {
    try {
      await this.options.endOffsets(partition, ended)
      return 'NONE'
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown
      return ofCoordinator.has(thrown.errorName) ? 'NOT_LEADER_OR_FOLLOWER' : thrown.errorName
    }
  }

  async #append(
    ended: EndedTransaction,
    targets: readonly LedPartition[],
    outcomes: ErrorName[],
    turns: Turns,
  ): Promise<void> {
    if (targets.length === 0) return
    const { log, clock, config } = this.options
    const { transactionVersion, ...marker } = ended
    const timestampMs = BigInt(clock.now())
    const batches: AppendBatch[] = []
    for (const { topicId, partition, leaderEpoch } of targets) {
      const bytes = buildMarkerBatch({ ...marker, timestampMs })
      batches.push({ target: { topicId, partition }, bytes, fence: leaderEpoch, transactionVersion })
      const pause = turns.pause()
      if (pause) await pause
    }
    const results = await log.append(batches, {
      acks: -1,
      timeoutMs: config.number('request.timeout.ms'),
    })
    for (const [i, { at }] of targets.entries()) outcomes[at] = outcomeOf(results[i] as AppendResult)
  }
}

/** The errors of another coordinator that has no time: for the writer of markers they mean a leader that moves. */
const ofCoordinator: ReadonlySet<ErrorName> = new Set([
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
])

function outcomeOf(result: AppendResult): ErrorName {
  switch (result.kind) {
    case 'appended':
    case 'duplicate':
      return 'NONE'
    case 'rejected':
      return result.error
    case 'unavailable':
      return 'KAFKA_STORAGE_ERROR'
    case 'unknown':
      return 'REQUEST_TIMED_OUT'
  }
}
