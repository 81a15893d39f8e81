import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { BadNetwork } from '../support/bad-network.js'
import { startBroker } from './broker.js'
import type { Driver } from './driver.js'
import { Drivers } from './drivers.js'
import type { SentRecord } from './steps.js'

const { logLevel } = kafkajs
const patienceMs = 45_000

/**
 * The world of a scenario: the broker's address, drivers of the client under test, and a neutral admin for its needs.
 */
export class World {
  readonly #taken: { readonly driver: Driver; readonly drivers: Drivers }[] = []
  readonly #waiting = new Set<() => void>()
  readonly #kafka: () => Kafka
  readonly #leaving: (() => Promise<unknown>)[] = []
  #drivers: Drivers
  #admin: Admin | null = null

  constructor(
    /** A name that no other scenario of this client uses, for its topics and groups. */
    readonly name: string,
    drivers: Drivers,
  ) {
    this.#drivers = drivers
    this.#kafka = () => new kafkajs.Kafka({ brokers: [this.#drivers.bootstrap], logLevel: logLevel.NOTHING })
  }

  /** One more process of the client, or of another one. */
  async start(drivers = this.#drivers): Promise<Driver> {
    const driver = await drivers.take()
    driver.onChange(this.look)
    this.#taken.push({ driver, drivers })
    return driver
  }

  /** Has the waiting conditions checked again. */
  readonly look = (): void => {
    for (const look of [...this.#waiting]) look()
  }

  /** Makes a topic without the client, where the scenario is not about that. */
  async topic(partitions = 1, configs: Record<string, string> = {}, topic = this.name): Promise<string> {
    const admin = await this.admin()
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] })
    return topic
  }

  async admin(): Promise<Admin> {
    if (this.#admin) return this.#admin
    const admin = this.#kafka().admin()
    await admin.connect()
    this.#leaving.push(() => admin.disconnect())
    this.#admin = admin
    return admin
  }

  /** Writes to one partition without the client. */
  async write(topic: string, records: readonly Written[], partition = 0): Promise<void> {
    const producer = this.#kafka().producer()
    await producer.connect()
    const messages = records.map(({ value, timestamp = Date.now() }) => ({
      value,
      partition,
      timestamp: String(timestamp),
    }))
    await producer.send({ topic, messages })
    await producer.disconnect()
  }

  /** The offset that the group has committed for a partition, or -1. */
  async committed(groupId: string, topic: string, partition = 0): Promise<number> {
    const [found] = await (await this.admin()).fetchOffsets({ groupId, topics: [topic] })
    return Number(found?.partitions.find(seen => seen.partition === partition)?.offset ?? -1)
  }

  /** Starts a broker of the scenario's own, which clients reach through a network whose weather can be turned. */
  async behindNetwork(): Promise<BadNetwork> {
    const network = await BadNetwork.start()
    const bootstrap = `127.0.0.1:${network.port}`
    const drivers = new Drivers(this.#drivers.command, bootstrap)
    this.#drivers = drivers
    const broker = await startBroker('--set', `advertised.listeners=PLAINTEXT://${bootstrap}`)
    network.to(broker.port)
    this.#leaving.push(
      () => drivers.end(),
      () => network.stop(),
      () => broker.stop(),
    )
    return network
  }

  /** Resolves when the condition holds, which is checked whenever a consumer met something. */
  until(reached: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!reached()) return
        this.#waiting.delete(look)
        clearTimeout(impatient)
        resolve()
      }
      const impatient = setTimeout(() => {
        this.#waiting.delete(look)
        reject(new Error(`it did not come to this within ${patienceMs} ms: ${what}`))
      }, patienceMs)
      this.#waiting.add(look)
      look()
    })
  }

  /** The client's version, as its driver calls it. */
  get version(): string {
    return this.#taken[0]?.driver.version ?? ''
  }

  /** Gives back the drivers that it took; after a failure their state is unknown, so they end. */
  async close(passed: boolean): Promise<void> {
    await Promise.all(
      this.#taken.splice(0).map(({ driver, drivers }) => (passed ? drivers.giveBack(driver) : driver.end())),
    )
    for (const leave of this.#leaving.splice(0)) await leave()
  }
}

interface Written {
  readonly value: string
  readonly timestamp?: number
}

export const bytes = (text: string): string => Buffer.from(text).toString('base64')
export const text = (base64: string | null): string | null =>
  base64 === null ? null : Buffer.from(base64, 'base64').toString()

/** `count` records that can be told apart, for one partition. */
export function numbered(count: number, prefix = 'v', partition = 0): SentRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: bytes(`k${i}`),
    value: bytes(`${prefix}${i}`),
    partition,
  }))
}
