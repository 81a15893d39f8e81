import { setTimeout as sleep } from 'node:timers/promises'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { listOffsets } from '../../src/wire/apis/list-offsets.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import type { Api, Decoded, Draft, Fields } from '../../src/wire/schema.js'
import { Caller } from './caller.js'
import type { Exchange } from './transcript.js'

const patienceMs = 30_000
const topicResource = 2
const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

export interface MadeTopic {
  readonly name: string
  readonly id: string
}

/** One broker as one scenario meets it: connections, names that no other scenario uses, and the transcript. */
export class Stage {
  readonly transcript: Exchange[] = []
  readonly #callers: Caller[] = []
  #made = 0

  private constructor(
    readonly port: number,
    private readonly prefix: string,
  ) {}

  /** `prefix` is the same on every broker that plays the scenario, so that names in answers are, too. */
  static async open(port: number, prefix: string): Promise<Stage> {
    const stage = new Stage(port, prefix)
    await stage.caller()
    return stage
  }

  /** Another connection. */
  async caller(clientId: string | null = 'raw'): Promise<Caller> {
    const caller = await Caller.connect(this.port, clientId, this.transcript)
    this.#callers.push(caller)
    return caller
  }

  /** A name for a topic, a group or anything else that is this scenario's own. */
  name(): string {
    this.#made += 1
    return `${this.prefix}-${this.#made}`
  }

  /** Asks on the first connection, and keeps question and answer. */
  ask<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res>> {
    return this.first.ask(api, version, request)
  }

  /** Asks without keeping the answer: preparations. */
  quietly<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res>> {
    return this.first.quietly(api, version, request)
  }

  /** Asks until the answer is such, as Kafka tells its brokers of changes by and by, and keeps the last answer. */
  async until<Req extends Fields, Res extends Fields>(
    such: (answer: Decoded<Res>) => boolean,
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res>> {
    const keep = this.first.keep(api, version)
    const answer = await this.quietlyUntil(such, api, version, request)
    keep(answer)
    return answer
  }

  async quietlyUntil<Req extends Fields, Res extends Fields>(
    such: (answer: Decoded<Res>) => boolean,
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res>> {
    const deadline = Date.now() + patienceMs
    for (;;) {
      const answer = await this.quietly(api, version, request)
      if (such(answer) || Date.now() > deadline) return answer
      await sleep(20)
    }
  }

  /** A topic that is there, with leaders, once this resolves. */
  async topic({
    partitions = 1,
    configs = {} as Readonly<Record<string, string>>,
    name = this.name(),
  } = {}): Promise<MadeTopic> {
    const { topics } = await this.quietly(createTopics, 7, {
      topics: [
        {
          name,
          numPartitions: partitions,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
    })
    const [made] = topics
    if (made?.errorCode !== 0) throw new Error(`topic ${name} was not created: ${made?.errorMessage}`)
    await this.led(name, partitions)
    return { name, id: made.topicId }
  }

  /** Resolves when so many partitions of the topic have leaders that know of it. */
  async led(name: string, partitions: number): Promise<void> {
    const asked = Array.from({ length: partitions }, (_, i) => ({ partitionIndex: i, timestamp: -1n }))
    await this.quietlyUntil(
      ({ topics }) => topics.every(topic => topic.partitions.every(each => each.errorCode === 0)),
      listOffsets,
      5,
      { replicaId: -1, topics: [{ name, partitions: asked }] },
    )
    await this.quietlyUntil(
      ({ topics }) => topics.every(topic => topic.errorCode === 0 && topic.partitions.length === partitions),
      metadata,
      12,
      { topics: [{ name }], allowAutoTopicCreation: false },
    )
  }

  /**
   * Resolves when all parts of the broker know of the topic. Kafka's group coordinator hears of a change after those
   * that answer for it, but of all changes in their order: it knows of the topic once a later change is seen.
   */
  async knownToGroups({ name }: MadeTopic): Promise<void> {
    const resource = { resourceType: topicResource, resourceName: name }
    const [config, value] = ['segment.ms', '604800001']
    await this.quietly(incrementalAlterConfigs, 1, {
      resources: [{ ...resource, configs: [{ name: config, configOperation: 0, value }] }],
      validateOnly: false,
    })
    await this.quietlyUntil(({ results }) => results[0]?.configs[0]?.value === value, describeConfigs, 4, {
      resources: [{ ...resource, configurationKeys: [config] }],
    })
  }

  /** Resolves when no part of the broker finds the topic any more. */
  async deleteTopic({ name, id }: MadeTopic): Promise<void> {
    await this.quietly(deleteTopics, 6, { topics: [{ name, topicId: noId }], timeoutMs: 10_000 })
    const gone = (answer: { topics: { errorCode: number }[] }) => answer.topics[0]?.errorCode !== 0
    await this.quietlyUntil(gone, metadata, 12, { topics: [{ name: null, topicId: id }] })
  }

  /** Keeps something that a scenario took from an answer, as an answer of the API that the sentence begins with. */
  note(what: string, found: unknown): void {
    this.transcript.push({ asked: what, answered: found })
  }

  /** Gives the broker time to take in a request on another connection. */
  pause(ms: number): Promise<void> {
    return sleep(ms)
  }

  close(): void {
    for (const caller of this.#callers) caller.close()
  }

  get first(): Caller {
    return this.#callers[0] as Caller
  }
}
