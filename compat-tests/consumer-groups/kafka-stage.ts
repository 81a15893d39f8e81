import { setTimeout as pause } from 'node:timers/promises'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.js'
import { createPartitions } from '../../src/wire/apis/create-partitions.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import type { Api, Decoded, Draft, Fields } from '../../src/wire/schema.js'
import type { Stage, StageSettings } from '../../test/groups/consumer/stage.js'
import { RawClient } from '../../test/support/raw-client.js'

const groupResource = 32
const sets = 0
const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** A running broker as a stage: its topics and groups have names that no other script uses, and time is real. */
export class KafkaStage implements Stage {
  readonly group: string
  readonly #clients = new Map<string, RawClient>()
  readonly #ids = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  private constructor(
    private readonly port: number,
    private readonly prefix: string,
  ) {
    this.group = `${prefix}shop`
  }

  static async open(port: number, prefix: string, { group }: StageSettings): Promise<KafkaStage> {
    const stage = new KafkaStage(port, prefix)
    const configs = Object.entries(group).map(([name, value]) => ({ name, value, configOperation: sets }))
    await stage.ask('admin', incrementalAlterConfigs, 1, {
      resources: [{ resourceType: groupResource, resourceName: stage.group, configs }],
      validateOnly: false,
    })
    while (!(await stage.#hasCoordinator())) await pause(100)
    return stage
  }

  async ask<Req extends Fields, Res extends Fields>(
    client: string,
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res>> {
    const known = this.#clients.get(client)
    if (known) return known.ask(api, version, request)
    const connected = await RawClient.connect(this.port, { clientId: client })
    this.#clients.set(client, connected)
    return connected.ask(api, version, request)
  }

  async pass(ms: number): Promise<void> {
    await pause(ms)
  }

  settle(): Promise<void> {
    return pause(700)
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    const name = this.nameOf(topic)
    const asked = { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }
    await this.ask('admin', createTopics, 7, { topics: [asked], timeoutMs: 10_000, validateOnly: false })
    await this.#seen(topic, partitions)
  }

  async growTopic(topic: string, partitions: number): Promise<void> {
    const asked = { name: this.nameOf(topic), count: partitions, assignments: null }
    await this.ask('admin', createPartitions, 3, { topics: [asked], timeoutMs: 10_000, validateOnly: false })
    await this.#seen(topic, partitions)
  }

  nameOf(topic: string): string {
    return `${this.prefix}${topic}`
  }

  topicOf(name: string): string {
    return name.slice(this.prefix.length)
  }

  expressionOf(expression: string): string {
    return `${this.prefix}${expression}`
  }

  idOf(topic: string): string {
    return this.#ids.get(topic) ?? 'AAAAAAAAAAAAAAAAAAAA_w'
  }

  partitionsOf(topic: string): number {
    return this.#counts.get(topic) ?? 0
  }

  restart(): Promise<void> {
    throw new Error('only Ottla is restarted within a script')
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy()
  }

  /** Waits until the group coordinator has heard of it, which may be a little later than the others. */
  async #seen(topic: string, partitions: number): Promise<void> {
    while ((await this.#readable(topic)) !== partitions) await pause(50)
    const named = { name: this.nameOf(topic), topicId: noId }
    const { topics } = await this.ask('admin', metadata, 12, { topics: [named] })
    this.#ids.set(topic, topics[0]?.topicId as string)
    this.#counts.set(topic, partitions)
  }

  /** The number of partitions that the coordinator gives to a member of another group that reads the topic. */
  async #readable(topic: string): Promise<number> {
    const probe = { groupId: `${this.prefix}probe`, memberId: 'probe', subscribedTopicRegex: null }
    const { assignment } = await this.ask('admin', consumerGroupHeartbeat, 1, {
      ...probe,
      memberEpoch: 0,
      rebalanceTimeoutMs: 60_000,
      topicPartitions: [],
      subscribedTopicNames: [this.nameOf(topic)],
    })
    await this.ask('admin', consumerGroupHeartbeat, 1, { ...probe, memberEpoch: -1 })
    return assignment?.topicPartitions[0]?.partitions.length ?? 0
  }

  async #hasCoordinator(): Promise<boolean> {
    const { coordinators } = await this.ask('admin', findCoordinator, 4, {
      keyType: 0,
      coordinatorKeys: [this.group],
    })
    return coordinators[0]?.errorCode === 0
  }
}
