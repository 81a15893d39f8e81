import type { BrokerConfig } from '../config/broker-config.js'
import type { LogEngine } from '../engine/log-engine.js'
import type {
  ConfigChanges,
  ConfigResource,
  MetadataChange,
  MetadataStore,
  NewTopic,
  PartitionChange,
  Topic,
} from '../engine/metadata.js'
import type { TopicLookup } from '../engine/topic-lookup.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import { buildPlainBatch } from '../wire/record-batch.js'
import { MetadataImage, resourceTypes } from './metadata-image.js'
import { storedFacts } from './metadata-replay.js'
import { decodeFact, encodeFact, type MetadataDraft, type MetadataFact } from './metadata-serde.js'
import type { MetadataSnapshot } from './metadata-snapshot.js'

const journalName = '__cluster_metadata'
/** Kafka gives its metadata topic this fixed id (Uuid.METADATA_TOPIC_ID). */
const journalId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const journal = { topicId: journalId, partition: 0 }
/** Where the journal lies in the data directory. */
export const metadataFolder = `${journalName}-0`

/** As many producer ids as Kafka's controller hands out at a time (ProducerIdsBlock). */
const producerIdBlock = 1000n
/** What one change may take (Kafka's KafkaRaftClient.MAX_BATCH_SIZE_BYTES). */
const mostBatchBytes = 8 * 1024 * 1024
const noLeaderChange = -2

/**
 * The metadata of a cluster whose nodes all live in this process: facts are appended to the journal
 * `__cluster_metadata`, then applied to the image; a restart replays them. Changes happen one after
 * the other, so that each is checked against what the one before left behind.
 */
export class EmbeddedMetadata implements MetadataStore {
  readonly #image: MetadataImage
  readonly #listeners = new Set<(change: MetadataChange) => void>()
  #log: LogEngine | null = null
  #last: Promise<unknown> = Promise.resolve()
  #producerId = 0n
  #producerIdEnd = 0n

  constructor(
    private readonly config: BrokerConfig,
    private readonly clock: Clock,
    private readonly newId: () => string,
  ) {
    this.#image = new MetadataImage(config)
  }

  /** Takes in the snapshot, if there is one, and replays the journal after it; call once, before anything else. */
  async load(log: LogEngine, snapshot: MetadataSnapshot | null): Promise<void> {
    this.#log = log
    for await (const fact of storedFacts(log, journal, snapshot)) this.#image.apply(fact)
    this.#refreshBrokerConfig()
  }

  topics(): Iterable<Topic> {
    return this.#image.topics()
  }

  topic(name: string): Topic | undefined {
    return this.#image.topic(name)
  }

  topicById(id: string): Topic | undefined {
    return this.#image.topicById(id)
  }

  /** What the log must know of a topic; the journal is one that no client sees. */
  readonly lookup: TopicLookup = {
    topicById: id => {
      const topic = id === journalId ? this.#journalTopic : this.#image.topicById(id)
      if (!topic) return undefined
      return {
        name: topic.name,
        partitionCount: topic.partitions.length,
        leaderEpoch: partition => topic.partitions[partition]?.leaderEpoch ?? -1,
        settings: topic.settings,
      }
    },
  }

  createTopic(plan: () => NewTopic): Promise<Topic> {
    return this.#inTurn(async () => {
      const topic = plan()
      if (this.#image.topic(topic.name)) {
        throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${topic.name}' already exists.`)
      }
      const topicId = this.newId()
      await this.#append([
        { kind: 'topic', value: { name: topic.name, topicId } },
        ...configFacts({ kind: 'topic', name: topic.name }, topic.overrides),
        ...topic.assignments.map((replicas, index) => partitionFact(topicId, index, replicas)),
      ])
      return this.#existing(topicId)
    })
  }

  deleteTopic(id: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#existing(id)
      await this.#append([{ kind: 'removeTopic', value: { topicId: id } }])
    })
  }

  addPartitions(id: string, plan: (topic: Topic) => NewTopic['assignments']): Promise<void> {
    return this.#inTurn(async () => {
      const topic = this.#existing(id)
      const first = topic.partitions.length
      await this.#append(plan(topic).map((replicas, i) => partitionFact(id, first + i, replicas)))
    })
  }

  changePartitions(plan: () => readonly PartitionChange[]): Promise<void> {
    return this.#inTurn(async () =>
      this.#append(
        plan().map(({ topicId, index, leader, replicas, isr }) => ({
          kind: 'partitionChange' as const,
          value: {
            topicId,
            partitionId: index,
            leader: leader ?? noLeaderChange,
            replicas: replicas ?? null,
            isr: isr ?? null,
          },
        })),
      ),
    )
  }

  overrides(resource: ConfigResource): ReadonlyMap<string, string> {
    return this.#image.overrides(resource)
  }

  configured(kind: ConfigResource['kind']): Iterable<string> {
    return this.#image.configured(kind)
  }

  changeConfig(resource: ConfigResource, plan: () => ConfigChanges): Promise<void> {
    return this.#inTurn(async () => this.#append(configFacts(resource, plan())))
  }

  async nextProducerId(): Promise<bigint> {
    return this.#inTurn(async () => {
      if (this.#producerId === this.#producerIdEnd) {
        const first = this.#image.nextProducerId
        const nextProducerId = first + producerIdBlock
        await this.#append([
          { kind: 'producerIds', value: { brokerId: this.config.number('node.id'), nextProducerId } },
        ])
        this.#producerId = first
        this.#producerIdEnd = nextProducerId
      }
      return this.#producerId++
    })
  }

  onChange(listener: (change: MetadataChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get #journalTopic(): Topic {
    return {
      id: journalId,
      name: journalName,
      internal: true,
      partitions: [{ index: 0, leader: 0, leaderEpoch: 1, replicas: [0], isr: [0] }],
      overrides: new Map(),
      settings: this.config.topicSettings(
        new Map([
          ['retention.ms', '-1'],
          ['retention.bytes', '-1'],
          ['max.message.bytes', String(mostBatchBytes)],
          ['flush.messages', '1'],
          ['segment.bytes', this.config.string('metadata.log.segment.bytes')],
        ]),
      ),
    }
  }

  #existing(id: string): Topic {
    const topic = this.#image.topicById(id)
    if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    return topic
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change)
    this.#last = result.catch(() => undefined)
    return result
  }

  async #append(drafts: readonly MetadataDraft[]): Promise<void> {
    if (drafts.length === 0) return
    for (const values of inBatches(drafts.map(encodeFact))) await this.#appendBatch(values)
  }

  /** What the journal has is applied, even where the disk did not confirm it: a restart would find it there. */
  async #appendBatch(values: readonly Buffer[]): Promise<void> {
    const timestampMs = BigInt(this.clock.now())
    const records = values.map(value => ({ timestampMs, key: null, value, headers: [] }))
    const batch = { target: journal, bytes: buildPlainBatch({ records }) }
    const [result] = await this.#opened.append([batch], { acks: -1, timeoutMs: 0 })
    if (result?.kind === 'appended' || result?.kind === 'unknown') {
      const created = new Set<string>()
      for (const value of values) this.#applied(decodeFact(value) as MetadataFact, created)
      for (const id of created) this.#tell({ kind: 'topic-created', topic: this.#existing(id) })
    }
    if (result?.kind !== 'appended') {
      throw new KafkaError('KAFKA_STORAGE_ERROR', 'The metadata journal could not be written.')
    }
  }

  /** A topic is announced once, when all of its facts are in. */
  #applied(fact: MetadataFact, created: Set<string>): void {
    const change = this.#image.apply(fact)
    if (change?.kind === 'topic-created') created.add(change.topic.id)
    else if (change?.kind === 'config-changed' && change.resource.kind === 'broker') {
      this.#refreshBrokerConfig()
      this.#tell(change)
    } else if (change && !('topic' in change && created.has(change.topic.id))) this.#tell(change)
  }

  #refreshBrokerConfig(): void {
    const own = String(this.config.number('node.id'))
    this.config.setDynamic(
      this.overrides({ kind: 'broker', name: '' }),
      this.overrides({ kind: 'broker', name: own }),
    )
    this.#image.refreshSettings()
  }

  #tell(change: MetadataChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  get #opened(): LogEngine {
    if (!this.#log) throw new Error('the metadata is used before load()')
    return this.#log
  }
}

/** A change is one batch, which a crash leaves whole or not at all; only one of more partitions than a request may name is split. */
function* inBatches(values: readonly Buffer[]): Generator<readonly Buffer[]> {
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

function partitionFact(topicId: string, partitionId: number, replicas: readonly number[]): MetadataDraft {
  return {
    kind: 'partition',
    value: {
      partitionId,
      topicId,
      replicas,
      isr: replicas,
      removingReplicas: [],
      addingReplicas: [],
      leader: replicas[0] ?? -1,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: replicas.map(() => unassignedDirectory),
    },
  }
}

/** DirectoryId.UNASSIGNED of Kafka. */
const unassignedDirectory = 'AAAAAAAAAAAAAAAAAAAAAA'

function configFacts(resource: ConfigResource, changes: ConfigChanges): MetadataDraft[] {
  return [...changes].map(([name, value]) => ({
    kind: 'config',
    value: { resourceType: resourceTypes[resource.kind], resourceName: resource.name, name, value },
  }))
}
