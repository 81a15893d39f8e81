import type { ClientQuota, ClientQuotaChange } from '../engine/client-quotas.js'
import { type FeatureName, minInsyncReplicas } from '../engine/features.js'
import type {
  ConfigChange,
  ConfigChanges,
  ConfigResource,
  MetadataChange,
  MetadataStore,
  NewTopic,
  PartitionAddition,
  PartitionChange,
  Topic,
} from '../engine/metadata-store.js'
import type { ScramStore } from '../engine/scram-store.js'
import type { TopicLookup } from '../engine/topic-lookup.js'
import { Patience } from '../time/patience.js'
import { inTurns, Turns } from '../time/turns.js'
import { metadataTopic } from '../topics/internal-topics.js'
import { KafkaError } from '../wire/errors.js'
import { resourceTypes } from '../wire/resource-types.js'
import { longestString } from '../wire/schema.js'
import { firstFacts, firstLevels, levelFacts } from './feature-levels.js'
import { GatheredChanges, inParts, type PlannedChange } from './gathered-changes.js'
import { MetadataImage } from './metadata-image.js'
import { type JournalEngine, type JournalHome, journalId, MetadataJournal } from './metadata-journal.js'
import { decodeFact, encodeFact, type MetadataDraft, type MetadataFact } from './metadata-serde.js'
import { ProducerIds } from './producer-ids.js'
import { scramFact } from './scram-credentials.js'
import type { SnapshotSurroundings } from './snapshot-task.js'

const noLeaderChange = -2
/** Kafka may have named replicas that could lead although they are not in sync (KIP-966); here all of them are. */
const nobodyElseMayLead = { eligibleLeaderReplicas: [], lastKnownElr: [] }

export interface MetadataSurroundings extends SnapshotSurroundings {
  readonly newId: () => string
}

/**
 * The metadata of a cluster whose nodes all live in this process: facts are appended to the journal
 * `__cluster_metadata`, then applied to the image; a restart replays them. Changes happen one after
 * the other, so that each is checked against what the one before left behind.
 */
export class EmbeddedMetadata implements MetadataStore {
  readonly #image: MetadataImage
  readonly #listeners = new Set<(change: MetadataChange) => void>()
  readonly #journal: MetadataJournal
  #directoryId = ''
  #directory = ''
  /** True where nothing was kept before this start: then it is a new cluster. */
  #isNew = false
  #last: Promise<unknown> = Promise.resolve()
  readonly #patience: Patience
  readonly #producerIds: ProducerIds
  readonly scram: ScramStore

  constructor(private readonly surroundings: MetadataSurroundings) {
    this.#image = new MetadataImage(surroundings.config)
    this.#journal = new MetadataJournal(surroundings)
    this.#patience = new Patience(surroundings.clock)
    const { scram } = this.#image
    this.scram = {
      users: () => scram.users(),
      of: user => scram.of(user),
      change: plan => this.#inTime(async () => this.#append((await plan()).map(scramFact))),
    }
    this.#producerIds = new ProducerIds({
      ...surroundings,
      timeoutMs: () => this.#timeoutMs,
      reserve: count => this.#inTurn(() => this.#reserveProducerIds(count)),
    })
  }

  /**
   * Replays the journal. Begins a new one with the features that are in force, on a full disk once it has room. It has
   * to be called once, before anything else.
   */
  async load(log: JournalEngine, home: JournalHome): Promise<void> {
    for await (const facts of this.#journal.open(log, home)) this.#image.apply(facts)
    this.#isNew = this.#image.isEmpty
    this.#refreshBrokerConfig()
    this.#directoryId = home.identity.directoryId
    this.#directory = home.directory
    await this.#tellFeatures().catch(async thrown => {
      if (!(await this.lacksRoom(thrown))) throw thrown
    })
  }

  /** Begins the journal's epoch where a full disk had no room for it at the start. Throws as long as it has none. */
  begin(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#journal.begin()
      await this.#tellFeatures()
    })
  }

  async #tellFeatures(): Promise<void> {
    if (this.#image.features.has('metadata.version')) return
    await this.#append(firstFacts(this.#isNew, this.surroundings.config))
  }

  /** Tells whether the change that was refused may succeed when the disk has room. */
  lacksRoom(thrown: unknown): Promise<boolean> {
    return this.#journal.lacksRoom(this.#directory, thrown)
  }

  /** Has to be called once no change is under way any more, and before the log is closed. */
  close(): Promise<void> {
    return this.#journal.close()
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

  /** The facts about a topic that the log needs. The lookup knows the journal as well, which no client sees. */
  readonly lookup: TopicLookup = {
    idOf: name => (name === metadataTopic ? journalId : this.#image.topic(name)?.id),
    topicById: id => {
      if (id === journalId) return this.#journal.stored
      const topic = this.#image.topicById(id)
      if (!topic) return undefined
      return {
        name: topic.name,
        partitionCount: topic.partitions.length,
        leaderEpoch: partition => topic.partitions[partition]?.leaderEpoch ?? -1,
        settings: topic.settings,
      }
    },
  }

  colliding(name: string): string | undefined {
    return this.#image.colliding(name)
  }

  createTopics(plan: () => Promise<readonly NewTopic[]>): Promise<readonly (Topic | KafkaError)[]> {
    return this.#inTime(async () => {
      const topics = await plan()
      const ids = topics.map(() => this.surroundings.newId())
      const refusals = await this.#gathered(
        topics.map((topic, i) => () => {
          if (this.#image.topic(topic.name)) throw alreadyThere(topic.name)
          return { about: topic.name, facts: this.#topicFacts(topic, ids[i] as string) }
        }),
      )
      return refusals.map((refusal, i) => refusal ?? this.#existing(ids[i] as string))
    })
  }

  deleteTopics(ids: readonly string[]): Promise<readonly (KafkaError | null)[]> {
    return this.#changeEach(ids, topicId => ({
      about: topicId,
      facts: [{ kind: 'removeTopic', value: { topicId } }],
      weight: 1 + this.#existing(topicId).partitions.length,
    }))
  }

  addPartitions(additions: readonly PartitionAddition[]): Promise<readonly (KafkaError | null)[]> {
    return this.#changeEach(additions, ({ topicId, plan }) => {
      const topic = this.#existing(topicId)
      const first = topic.partitions.length
      const facts = plan(topic).map((replicas, i) =>
        partitionFact(topicId, first + i, replicas, this.#directoriesOf(replicas)),
      )
      return { about: topicId, facts }
    })
  }

  changePartitions(plan: () => readonly PartitionChange[], timeoutMs = this.#timeoutMs): Promise<void> {
    return this.#inTime(async () => this.#append(plan().map(change => this.#changeFact(change))), timeoutMs)
  }

  changeEachPartition(plans: readonly (() => PartitionChange)[]): Promise<readonly (KafkaError | null)[]> {
    return this.#changeEach(plans, plan => {
      const change = plan()
      return { about: `${change.topicId}/${change.index}`, facts: [this.#changeFact(change)] }
    })
  }

  #changeFact({ topicId, index, leader, replicas, isr }: PartitionChange): MetadataDraft {
    return {
      kind: 'partitionChange',
      value: {
        topicId,
        partitionId: index,
        leader: leader ?? noLeaderChange,
        ...(replicas ? { replicas, directories: this.#directoriesOf(replicas) } : {}),
        ...(isr ? { isr, ...nobodyElseMayLead } : {}),
      },
    }
  }

  /** The epoch of a node's last registration in the journal, which only Kafka writes; null where there is none. */
  brokerEpoch(nodeId: number): bigint | null {
    return this.#image.brokerEpochs.get(nodeId) ?? null
  }

  overrides(resource: ConfigResource): ReadonlyMap<string, string> {
    return this.#image.overrides(resource)
  }

  configured(kind: ConfigResource['kind']): Iterable<string> {
    return this.#image.configured(kind)
  }

  changeConfigs(changes: readonly ConfigChange[]): Promise<readonly (KafkaError | null)[]> {
    return this.#changeEach(changes, ({ resource, plan }) => ({
      about: `${resource.kind}/${resource.name}`,
      facts: this.#configFacts(resource, plan()),
    }))
  }

  /**
   * With another least number of replicas in sync those that Kafka chose under the old one may no longer lead (KIP-966).
   */
  #configFacts(resource: ConfigResource, changes: ConfigChanges): MetadataDraft[] {
    const facts = configFacts(resource, changes)
    const clears = changes.has(minInsyncReplicas) && this.featureLevel('eligible.leader.replicas.version') > 0
    const topicName = resource.kind === 'topic' ? resource.name : ''
    return clears ? [...facts, { kind: 'clearElr', value: { topicName } }] : facts
  }

  featureLevel(name: FeatureName): number {
    const { features } = this.#image
    const told = features.has('metadata.version') ? features : firstLevels(this.#isNew)
    return told.get(name) ?? 0
  }

  changeFeatures(plan: () => ReadonlyMap<FeatureName, number>): Promise<void> {
    return this.#inTime(() => this.#append(levelFacts(plan(), this.#image, this.surroundings.config)))
  }

  clientQuotas(): Iterable<ClientQuota> {
    return this.#image.quotas.all()
  }

  changeClientQuotas(changes: readonly ClientQuotaChange[]): Promise<readonly (KafkaError | null)[]> {
    return this.#changeEach(changes, change => this.#image.quotas.planned(change))
  }

  nextProducerId(): Promise<bigint> {
    return this.#producerIds.next()
  }

  async #reserveProducerIds(count: bigint): Promise<bigint> {
    const first = this.#image.nextProducerId
    const brokerId = this.surroundings.config.number('node.id')
    await this.#append([{ kind: 'producerIds', value: { brokerId, nextProducerId: first + count } }])
    return first
  }

  onChange(listener: (change: MetadataChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Kafka wants a directory for each replica (KIP-858); all nodes share the same one. */
  #directoriesOf(replicas: readonly number[]): string[] {
    return replicas.map(() => this.#directoryId)
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

  get #timeoutMs(): number {
    return this.surroundings.config.number('request.timeout.ms')
  }

  /**
   * Makes a change in its turn while its caller waits: REQUEST_TIMED_OUT when the time is over. A change whose turn has
   * not come by then is not made any more; one that is being kept may still be made, for nothing can take it back.
   */
  async #inTime<T>(change: () => Promise<T>, timeoutMs = this.#timeoutMs): Promise<T> {
    let isLate = false
    let isMade = false
    const made = this.#inTurn(async () => {
      if (isLate) throw tooLate()
      const result = await change()
      isMade = true
      return result
    })
    const over = made.catch(() => {
      isMade = true
    })
    await this.#patience.wait(over, timeoutMs)
    if (isMade) return made
    isLate = true
    throw tooLate()
  }

  #topicFacts({ name, assignments, overrides }: NewTopic, topicId: string): MetadataDraft[] {
    if (name === metadataTopic) throw new Error(`a topic named ${metadataTopic} was planned`)
    return [
      { kind: 'topic', value: { name, topicId } },
      ...configFacts({ kind: 'topic', name }, overrides),
      ...assignments.map((replicas, index) =>
        partitionFact(topicId, index, replicas, this.#directoriesOf(replicas)),
      ),
    ]
  }

  #changeEach<T>(
    all: readonly T[],
    planned: (each: T) => PlannedChange,
  ): Promise<readonly (KafkaError | null)[]> {
    return this.#inTime(() => this.#gathered(all.map(each => () => planned(each))))
  }

  #gathered(plans: readonly (() => PlannedChange)[]): Promise<readonly (KafkaError | null)[]> {
    return new GatheredChanges((values, turns) => this.#appendBatch(values, turns)).all(plans)
  }

  async #append(drafts: readonly MetadataDraft[]): Promise<void> {
    if (drafts.length === 0) return
    const turns = new Turns()
    const values = await inTurns(drafts, encodeFact, turns)
    for (const part of inParts(values)) await this.#appendBatch(part, turns)
  }

  /** Keeps the facts first, and only then makes them visible. */
  async #appendBatch(values: readonly Buffer[], turns: Turns): Promise<void> {
    await this.#journal.append(values)
    const changes = this.#image.apply(
      await inTurns(values, value => decodeFact(value) as MetadataFact, turns),
    )
    if (changes.some(change => change.kind === 'config-changed' && change.resource.kind === 'broker')) {
      this.#refreshBrokerConfig()
    }
    await inTurns(changes, change => this.#tell(change), turns)
  }

  #refreshBrokerConfig(): void {
    const own = String(this.surroundings.config.number('node.id'))
    this.surroundings.config.setDynamic(
      this.overrides({ kind: 'broker', name: '' }),
      this.overrides({ kind: 'broker', name: own }),
    )
    this.#image.refreshSettings()
  }

  /**
   * Tells the listeners of a change that is made. A listener that throws is a bug; neither the other listeners nor the
   * caller suffer from it.
   */
  #tell(change: MetadataChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (thrown) {
        this.surroundings.logger.error(
          `A listener to changes of the metadata met a bug (${change.kind}).`,
          thrown,
        )
      }
    }
  }
}

function partitionFact(
  topicId: string,
  partitionId: number,
  replicas: readonly number[],
  directories: readonly string[],
): MetadataDraft {
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
      directories,
    },
  }
}

function configFacts(resource: ConfigResource, changes: ConfigChanges): MetadataDraft[] {
  return [...changes].map(([name, value]) => {
    mustFit(name, value)
    return {
      kind: 'config',
      value: { resourceType: resourceTypes[resource.kind], resourceName: resource.name, name, value },
    }
  })
}

/**
 * Refuses a value that no record holds. No request carries a longer one, but an option may, or a list that is appended
 * to.
 */
function mustFit(name: string, value: string | null): void {
  const bytes = value === null ? 0 : Buffer.byteLength(value)
  if (bytes <= longestString) return
  throw new KafkaError(
    'INVALID_CONFIG',
    `The value of ${name} would have ${bytes} bytes; no more than ${longestString} can be kept.`,
  )
}

const tooLate = () => new KafkaError('REQUEST_TIMED_OUT', 'The metadata journal waits for its disk.')

const alreadyThere = (name: string) =>
  new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
