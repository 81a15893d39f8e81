import { quotaEntityKey } from '../engine/client-quotas.js'
import type { Reader } from '../wire/reader.js'
import type { ValueOf } from '../wire/schema.js'
import type { partitionChangeRecord, partitionRecord } from './metadata-records.js'
import type { MetadataRecord } from './metadata-replay.js'
import { decodeFact, encodeFact, frameOf, type MetadataFact } from './metadata-serde.js'
import { entityOf } from './quota-image.js'

type Partition = ValueOf<typeof partitionRecord>
type PartitionChange = ValueOf<typeof partitionChangeRecord>

interface KeptTopic {
  readonly name: string
  readonly record: Buffer
  /** The partitions by their number. */
  readonly partitions: Map<number, Partition>
}

/**
 * The types of records that Ottla does not use, but that later records of the same broker replace (Kafka's
 * MetadataRecordType).
 */
const otherTypes = {
  unregisterBroker: 1,
  fenceBroker: 7,
  unfenceBroker: 8,
  brokerRegistrationChange: 17,
  noOp: 20,
  registerController: 27,
} as const

const ofBroker: ReadonlySet<number> = new Set([
  otherTypes.fenceBroker,
  otherTypes.unfenceBroker,
  otherTypes.brokerRegistrationChange,
])
const unchangedLeader = -2
const unchangedRecovery = -1

/**
 * The records so far that still count: a snapshot has to hold them, and a start to know them. Changes of a partition
 * are merged into its record as Kafka does it (PartitionRegistration.merge); records of types that Ottla does not use
 * are kept as they are.
 */
export class KeptRecords {
  readonly #features = new Map<string, Buffer>()
  /** The last registration of each broker, and the records that changed it. */
  readonly #brokers = new Map<number, Buffer[]>()
  readonly #controllers = new Map<number, Buffer>()
  readonly #topics = new Map<string, KeptTopic>()
  /** The records by resource, then by setting. */
  readonly #configs = new Map<string, Map<string, Buffer>>()
  /** The records of users' credentials, by mechanism and user. */
  readonly #scram = new Map<string, Buffer>()
  /** The records of quotas by entity, then by quota. */
  readonly #quotas = new Map<string, Map<string, Buffer>>()
  #producerIds: Buffer | null = null
  readonly #others: Buffer[] = []

  take({ value, fact }: MetadataRecord): void {
    if (fact) this.#takeFact(fact, value)
    else this.#takeOther(value)
  }

  /** The records as a new journal could tell them. */
  *values(): Generator<Buffer> {
    yield* this.#features.values()
    for (const records of this.#brokers.values()) yield* records
    yield* this.#controllers.values()
    for (const { record, partitions } of this.#topics.values()) {
      yield record
      for (const value of partitions.values())
        yield encodeFact({ kind: 'partition', value }, versionFor(value))
    }
    for (const settings of this.#configs.values()) yield* settings.values()
    yield* this.#scram.values()
    for (const quotas of this.#quotas.values()) yield* quotas.values()
    if (this.#producerIds) yield this.#producerIds
    yield* this.#others
  }

  /** The facts among the records: those that Ottla uses. */
  *facts(): Generator<MetadataFact> {
    for (const record of this.#features.values()) yield decoded(record)
    for (const [registration] of this.#brokers.values()) yield decoded(registration as Buffer)
    for (const { record, partitions } of this.#topics.values()) {
      yield decoded(record)
      for (const value of partitions.values()) yield { kind: 'partition', value }
    }
    for (const settings of this.#configs.values())
      for (const record of settings.values()) yield decoded(record)
    for (const record of this.#scram.values()) yield decoded(record)
    for (const quotas of this.#quotas.values()) for (const record of quotas.values()) yield decoded(record)
    if (this.#producerIds) yield decoded(this.#producerIds)
  }

  #takeFact(fact: MetadataFact, value: Buffer): void {
    switch (fact.kind) {
      case 'featureLevel':
        if (fact.value.featureLevel === 0) this.#features.delete(fact.value.name)
        else this.#features.set(fact.value.name, copyOf(value))
        return
      case 'registerBroker':
        this.#brokers.set(fact.value.brokerId, [copyOf(value)])
        return
      case 'topic':
        this.#topics.set(fact.value.topicId, {
          name: fact.value.name,
          record: copyOf(value),
          partitions: new Map(),
        })
        return
      case 'partition':
        this.#topics.get(fact.value.topicId)?.partitions.set(fact.value.partitionId, fact.value)
        return
      case 'partitionChange': {
        const partitions = this.#topics.get(fact.value.topicId)?.partitions
        const before = partitions?.get(fact.value.partitionId)
        if (before) partitions?.set(fact.value.partitionId, merged(before, fact.value))
        return
      }
      case 'removeTopic': {
        const topic = this.#topics.get(fact.value.topicId)
        this.#topics.delete(fact.value.topicId)
        if (topic) this.#configs.delete(`2/${topic.name}`)
        return
      }
      case 'config':
        this.#takeConfig(fact.value, value)
        return
      case 'scramCredential':
        this.#scram.set(scramKey(fact.value), copyOf(value))
        return
      case 'removeScramCredential':
        this.#scram.delete(scramKey(fact.value))
        return
      case 'clearElr':
        this.#clearElr(fact.value.topicName)
        return
      case 'clientQuota':
        change(
          this.#quotas,
          quotaEntityKey(entityOf(fact.value)),
          fact.value.key,
          fact.value.remove ? null : value,
        )
        return
      case 'producerIds':
        this.#producerIds = copyOf(value)
    }
  }

  /** Takes replicas that are not in sync out of the partitions of a topic, or of all where none is named. */
  #clearElr(topicName: string): void {
    for (const { name, partitions } of this.#topics.values()) {
      if (topicName !== '' && name !== topicName) continue
      for (const [index, partition] of partitions) {
        if (![partition.eligibleLeaderReplicas, partition.lastKnownElr].some(list => list?.length)) continue
        partitions.set(index, {
          ...partition,
          eligibleLeaderReplicas: null,
          lastKnownElr: null,
          partitionEpoch: partition.partitionEpoch + 1,
        })
      }
    }
  }

  #takeConfig({ resourceType, resourceName, name, value: set }: ValueOfKind<'config'>, value: Buffer): void {
    change(this.#configs, `${resourceType}/${resourceName}`, name, set === null ? null : value)
  }

  #takeOther(value: Buffer): void {
    const { key, body } = frameOf(value)
    if (key === otherTypes.noOp) return
    if (key === otherTypes.unregisterBroker) this.#brokers.delete(firstNumber(body))
    else if (ofBroker.has(key)) this.#brokers.get(firstNumber(body))?.push(copyOf(value))
    else if (key === otherTypes.registerController) this.#controllers.set(firstNumber(body), copyOf(value))
    else this.#others.push(copyOf(value))
  }
}

/** Keeps the record of what is set by this name in this place; null where it is no longer set. */
function change(
  all: Map<string, Map<string, Buffer>>,
  place: string,
  name: string,
  record: Buffer | null,
): void {
  const there = all.get(place) ?? new Map<string, Buffer>()
  if (record === null) there.delete(name)
  else there.set(name, copyOf(record))
  if (there.size > 0) all.set(place, there)
  else all.delete(place)
}

type ValueOfKind<K extends MetadataFact['kind']> = Extract<MetadataFact, { kind: K }>['value']

const scramKey = ({ mechanism, name }: { mechanism: number; name: string }): string => `${mechanism}/${name}`

/** Decodes a record, which has to be of a known type. */
const decoded = (record: Buffer): MetadataFact => decodeFact(record) as MetadataFact

/** Copies a value, since a view would keep all that was read with it in memory. */
const copyOf = (value: Buffer): Buffer => Buffer.from(value)

/** The id that a record about a broker or controller begins with. */
const firstNumber = (body: Reader): number => body.int32()

/**
 * The version of a partition's record. Replicas that may lead although they are not in sync (KIP-966) take a later one
 * than Ottla writes otherwise.
 */
const versionFor = ({ eligibleLeaderReplicas, lastKnownElr }: Partition): number =>
  eligibleLeaderReplicas === null && lastKnownElr === null ? 1 : 2

function merged(before: Partition, change: PartitionChange): Partition {
  const moved = change.leader !== unchangedLeader
  return {
    ...before,
    isr: change.isr ?? before.isr,
    leader: moved ? change.leader : before.leader,
    leaderEpoch: before.leaderEpoch + (moved ? 1 : 0),
    partitionEpoch: before.partitionEpoch + 1,
    replicas: change.replicas ?? before.replicas,
    removingReplicas: change.removingReplicas ?? before.removingReplicas,
    addingReplicas: change.addingReplicas ?? before.addingReplicas,
    leaderRecoveryState:
      change.leaderRecoveryState === unchangedRecovery
        ? before.leaderRecoveryState
        : change.leaderRecoveryState,
    directories: change.directories ?? before.directories,
    eligibleLeaderReplicas: change.eligibleLeaderReplicas ?? before.eligibleLeaderReplicas,
    lastKnownElr: change.lastKnownElr ?? before.lastKnownElr,
  }
}
