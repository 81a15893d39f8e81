import assert from 'node:assert/strict'
import { EmbeddedMetadata } from '../../src/cluster/embedded-metadata.js'
import { identify } from '../../src/cluster/identity.js'
import { SimulatedNodes } from '../../src/cluster/simulated-nodes.js'
import { snapshotsIn } from '../../src/cluster/snapshot-file.js'
import { BrokerConfig } from '../../src/config/broker-config.js'
import type {
  ConfigChanges,
  ConfigResource,
  MetadataChange,
  NewTopic,
  PartitionAddition,
  Topic,
} from '../../src/engine/metadata-store.js'
import { FileLogEngine } from '../../src/log/file-log-engine.js'
import { buildPlainBatch } from '../../src/records/record-batch.js'
import { Background } from '../../src/telemetry/background.js'
import type { Planner } from '../../src/topics/topic-plan.js'
import { inflater } from '../support/inflater.js'
import { ManualClock } from '../support/manual-clock.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

export const directory = '/data'

interface Given {
  readonly disk?: SimulatedDisk
  readonly nodes?: readonly number[]
  readonly settings?: Readonly<Record<string, string>>
}

/** The number of ids so far: none comes twice, not after a restart either. */
let ids = 0
const newId = () => Buffer.from(String(++ids).padStart(16, '0')).toString('base64url')

/** The metadata of a cluster on a simulated disk, and what it told of its changes. */
export class MetadataWorld {
  readonly said: string[] = []
  readonly changes: MetadataChange[] = []

  private constructor(
    readonly disk: SimulatedDisk,
    readonly config: BrokerConfig,
    readonly cluster: SimulatedNodes,
    readonly metadata: EmbeddedMetadata,
    readonly log: FileLogEngine,
    /** The lines that the broker logged. */
    readonly logged: readonly string[],
    readonly clock: ManualClock,
    readonly settings: Readonly<Record<string, string>>,
  ) {
    metadata.onChange(change => this.changes.push(change))
  }

  static async open({ disk = new SimulatedDisk(), nodes = [0], settings = {} }: Given = {}) {
    const config = new BrokerConfig(new Map(Object.entries({ 'node.id': '0', ...settings })))
    const clock = new ManualClock()
    const logged: string[] = []
    const note = (message: string) => void logged.push(message)
    const logger = { debug() {}, info: note, warn: note, error: note }
    const background = new Background({ clock, logger })
    const metadata = new EmbeddedMetadata({
      config,
      clock,
      logger,
      background,
      newId,
    })
    const topics = metadata.lookup
    const log = await FileLogEngine.open({
      files: disk,
      directories: [directory],
      clock,
      logger,
      background,
      topics,
      config,
      random: () => 0,
      inflater: inflater(),
    })
    try {
      const identity = identify(disk, [directory], { nodeId: 0, logger })
      await metadata.load(log, { files: disk, directory, identity })
    } catch (thrown) {
      await log.close()
      throw thrown
    }
    const cluster = new SimulatedNodes(
      'cluster',
      nodes.map(id => ({ id, rack: null })),
      metadata,
    )
    return new MetadataWorld(disk, config, cluster, metadata, log, logged, clock, settings)
  }

  /** The parts that plans are made with; its random numbers are always 0. */
  get planner(): Planner {
    const info = (message: string) => void this.said.push(message)
    return { ...this, logger: { debug() {}, info, warn: info, error: info }, random: () => 0 }
  }

  create(name: string, partitions = 1, overrides: NewTopic['overrides'] = new Map()): Promise<Topic> {
    const assignments = Array.from({ length: partitions }, () => [0])
    return this.make({ name, assignments, overrides })
  }

  /** Makes a topic as it is planned. Throws why it is not made. */
  async make(topic: NewTopic): Promise<Topic> {
    const [made] = await this.metadata.createTopics(async () => [topic])
    if (made instanceof Error) throw made
    return made as Topic
  }

  /** Gives a topic the partitions of a plan. Throws why it does not. */
  async grow(topicId: string, plan: PartitionAddition['plan']): Promise<void> {
    const [refusal] = await this.metadata.addPartitions([{ topicId, plan }])
    if (refusal) throw refusal
  }

  /** Throws why the settings are not changed. */
  async configure(resource: ConfigResource, plan: () => ConfigChanges): Promise<void> {
    const [refusal] = await this.metadata.changeConfigs([{ resource, plan }])
    if (refusal) throw refusal
  }

  /** Throws why the topic is not deleted. */
  async delete(id: string): Promise<void> {
    const [refusal] = await this.metadata.deleteTopics([id])
    if (refusal) throw refusal
  }

  /** The next process after a kill, on the disk as this one left it. */
  afterKill(damage: (disk: SimulatedDisk) => void = () => {}): Promise<MetadataWorld> {
    const disk = this.disk.killed()
    damage(disk)
    return MetadataWorld.open({ disk, settings: this.settings })
  }

  /** The next process after a clean stop. */
  async afterStop(damage: (disk: SimulatedDisk) => void = () => {}): Promise<MetadataWorld> {
    await this.metadata.close()
    await this.log.close()
    return this.afterKill(damage)
  }

  /** Writes one record, with which a partition gets its folder. */
  async write(topic: Topic, partition = 0): Promise<void> {
    const records = [{ timestampMs: 1n, key: null, value: Buffer.from('v'), headers: [] }]
    const target = { topicId: topic.id, partition }
    const fence = this.metadata.topicById(topic.id)?.partitions[partition]?.leaderEpoch ?? 0
    const batch = { target, bytes: buildPlainBatch({ records }), fence }
    const [result] = await this.log.append([batch], { acks: -1, timeoutMs: Infinity })
    assert.equal(result?.kind, 'appended')
  }

  /** Lets background work finish. */
  async settled(): Promise<void> {
    for (let i = 0; i < 100; i++) await new Promise(resolve => setImmediate(resolve))
  }

  /** The snapshots of the journal, by the offsets that they end at. */
  get snapshots(): bigint[] {
    return snapshotsIn(this.disk, journalFolder).map(({ endOffset }) => endOffset)
  }

  /** The folders in the data directory. */
  get folders(): string[] {
    return this.disk.list(directory).filter(name => /-(\d+|stray|delete)$/.test(name))
  }

  /** The next process after a power failure. */
  afterPowerFailure(random: () => number): Promise<MetadataWorld> {
    return MetadataWorld.open({ disk: this.disk.unplugged(random), settings: this.settings })
  }

  /** `name:partitions` of each topic. */
  get topics(): string[] {
    return [...this.metadata.topics()].map(({ name, partitions }) => `${name}:${partitions.length}`)
  }
}

/** The folder of the journal. */
export const journalFolder = `${directory}/__cluster_metadata-0`
export const journalFile = `${journalFolder}/00000000000000000000.log`
