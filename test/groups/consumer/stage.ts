import { handlerOf } from '../../../src/dispatch/served-apis.js'
import type { Api, Decoded, Draft, Fields } from '../../../src/wire/schema.js'
import { GroupExchange } from '../../handlers/group-exchange.js'
import { settle } from '../coordinator-world.js'

/** The place where a script is played: a broker, its topics, and time. */
export interface Stage {
  /** The group that the script is about. */
  readonly group: string
  /** Each client has a connection of its own. */
  ask<Req extends Fields, Res extends Fields>(
    client: string,
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res>>
  pass(ms: number): Promise<void>
  /** Lets everything happen that waits for nothing but its turn. */
  settle(): Promise<void>
  createTopic(name: string, partitions: number): Promise<void>
  growTopic(name: string, partitions: number): Promise<void>
  /** Returns the name here of a script's topic, which may be another one so that scripts do not meet. */
  nameOf(topic: string): string
  topicOf(name: string): string
  /** Returns an expression that matches those names. */
  expressionOf(expression: string): string
  idOf(topic: string): string
  partitionsOf(topic: string): number
  /** Starts the broker again as after a crash. */
  restart(): Promise<void>
  close(): Promise<void>
}

export interface StageSettings {
  readonly broker: Readonly<Record<string, string>>
  /** The settings of the group. */
  readonly group: Readonly<Record<string, string>>
}

/** Limits so wide that a script may set what it likes, and no waiting between two assignments. */
const broker = {
  'group.consumer.min.session.timeout.ms': '1',
  'group.consumer.min.heartbeat.interval.ms': '1',
  'group.consumer.assignment.interval.ms': '0',
  'group.min.session.timeout.ms': '1',
  'group.initial.rebalance.delay.ms': '0',
}
const group = { 'consumer.heartbeat.interval.ms': '500' }

/** Settings of a script that begin with consumer. are the group's own. */
export function stageSettings(given: Readonly<Record<string, string>>): StageSettings {
  const all = Object.entries(given)
  const own = all.filter(([name]) => name.startsWith('consumer.'))
  const others = all.filter(([name]) => !name.startsWith('consumer.'))
  return {
    broker: { ...broker, ...Object.fromEntries(others) },
    group: { ...group, ...Object.fromEntries(own) },
  }
}

/** Ottla's handlers over a log in memory, with a clock that the test moves. */
export class OttlaStage implements Stage {
  readonly group = 'shop'
  readonly #exchange: GroupExchange
  readonly #connections = new Map<string, number>()

  constructor({ broker, group }: StageSettings) {
    this.#exchange = new GroupExchange(broker)
    this.#exchange.world.topics.set(this.group, group)
  }

  get world() {
    return this.#exchange.world
  }

  async ask<Req extends Fields, Res extends Fields>(
    client: string,
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res>> {
    const handler = handlerOf(api.key)
    if (!handler) throw new Error(`${api.name} is not served`)
    const connection = this.#connections.get(client) ?? this.#connections.size + 1
    this.#connections.set(client, connection)
    return await this.#exchange.ask(handler, version, request, connection)
  }

  pass(ms: number): Promise<void> {
    return this.world.advance(ms)
  }

  settle(): Promise<void> {
    return settle()
  }

  async createTopic(name: string, partitions: number): Promise<void> {
    if (this.world.topics.topic(name)) return
    this.world.topics.create(name, new Array(partitions).fill(0))
  }

  async growTopic(name: string, partitions: number): Promise<void> {
    const { length } = this.world.topics.topic(name)?.partitions ?? []
    this.world.topics.grow(name, new Array(partitions - length).fill(0))
  }

  nameOf(topic: string): string {
    return topic
  }

  topicOf(name: string): string {
    return name
  }

  expressionOf(expression: string): string {
    return expression
  }

  idOf(topic: string): string {
    return this.world.topics.topic(topic)?.id ?? 'AAAAAAAAAAAAAAAAAAAA_w'
  }

  partitionsOf(topic: string): number {
    return this.world.topics.topic(topic)?.partitions.length ?? 0
  }

  async restart(): Promise<void> {
    this.world.restart()
  }

  async close(): Promise<void> {
    this.world.coordinator.stop()
    await settle()
  }
}
