import type { BrokerConfig } from '../config/broker-config.js'
import type { LogEngine } from '../engine/log-engine.js'
import type { StoredTopic } from '../engine/topic-lookup.js'
import type { Files } from '../log/files.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import { buildPlainBatch } from '../wire/record-batch.js'
import type { Identity } from './identity.js'
import { storedFacts } from './metadata-replay.js'
import type { MetadataFact } from './metadata-serde.js'
import { newestSnapshot } from './metadata-snapshot.js'
import { buildEpochBatch } from './quorum-records.js'
import { readEpoch, saveEpoch } from './quorum-state.js'

const name = '__cluster_metadata'
/** Kafka gives its metadata topic this fixed id (Uuid.METADATA_TOPIC_ID). */
export const journalId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const target = { topicId: journalId, partition: 0 }

/** What one change may take (Kafka's KafkaRaftClient.MAX_BATCH_SIZE_BYTES). */
const mostBatchBytes = 8 * 1024 * 1024
/** Nobody votes over the network here; Kafka puts its own listener in this place when it leads. */
const unusedEndpoint = { name: 'CONTROLLER', host: 'localhost', port: 9093 }

/** Where the journal lies, and whose it is. */
export interface JournalHome {
  readonly files: Files
  readonly directory: string
  readonly identity: Identity
}

/**
 * The partition `__cluster_metadata-0`, as a quorum of Kafka with one voter leaves it (KIP-595, KIP-853): each
 * start begins a new epoch in it. So Kafka can go on where Ottla stopped, and Ottla where Kafka did.
 */
export class MetadataJournal {
  #log: LogEngine | null = null
  #epoch = 0
  /** How the log knows the journal. */
  readonly stored: StoredTopic

  constructor(
    config: BrokerConfig,
    private readonly clock: Clock,
  ) {
    this.stored = {
      name,
      partitionCount: 1,
      leaderEpoch: () => this.#epoch,
      settings: config.topicSettings(
        new Map([
          ['retention.ms', '-1'],
          ['retention.bytes', '-1'],
          ['max.message.bytes', String(mostBatchBytes)],
          ['flush.messages', '1'],
          ['segment.bytes', config.string('metadata.log.segment.bytes')],
        ]),
      ),
    }
  }

  /** Hands over all that was ever kept, then begins an epoch; to be exhausted before anything is appended. */
  async *open(log: LogEngine, home: JournalHome): AsyncGenerator<readonly MetadataFact[]> {
    this.#log = log
    const folder = `${home.directory}/${name}-0`
    yield* storedFacts(log, target, newestSnapshot(home.files, folder))
    await this.#lead(log, home, folder)
  }

  /** Keeps facts as one batch; false where the disk did not confirm what it has. Throws when it does not take it. */
  async append(values: readonly Buffer[]): Promise<boolean> {
    const timestampMs = this.#nowMs
    return this.#write(
      buildPlainBatch({ records: values.map(value => ({ timestampMs, key: null, value, headers: [] })) }),
    )
  }

  /** As a leader of Kafka: what it stands for comes first, then the word to everyone who reads. */
  async #lead(log: LogEngine, { files, identity }: JournalHome, folder: string): Promise<void> {
    const { highWatermark } = log.bounds(target)
    this.#epoch = Math.max(readEpoch(files, folder), log.epochAt(target, highWatermark), 0) + 1
    const { nodeId, directoryId } = identity
    saveEpoch(files, folder, { leaderId: nodeId, leaderEpoch: this.#epoch })
    const self = {
      voterId: nodeId,
      voterDirectoryId: directoryId,
      endpoints: [unusedEndpoint],
      kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
    }
    const voters = highWatermark === 0n ? [self] : null
    await this.#write(buildEpochBatch({ nodeId, timestampMs: this.#nowMs, voters }))
  }

  async #write(bytes: Buffer): Promise<boolean> {
    if (!this.#log) throw new Error('the metadata journal is used before open()')
    const [result] = await this.#log.append([{ target, bytes }], { acks: -1, timeoutMs: 0 })
    if (result?.kind !== 'appended' && result?.kind !== 'unknown') {
      throw new KafkaError('KAFKA_STORAGE_ERROR', 'The metadata journal could not be written.')
    }
    return result.kind === 'appended'
  }

  get #nowMs(): bigint {
    return BigInt(this.clock.now())
  }
}

/** A change is one batch, which a crash leaves whole or not at all; only one of more partitions than a request may name is split. */
export function* inBatches(values: readonly Buffer[]): Generator<readonly Buffer[]> {
  let batch: Buffer[] = []
  let bytes = 0
  for (const value of values) {
    if (bytes + value.length > mostBatchBytes / 2) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(value)
    bytes += value.length
  }
  yield batch
}
