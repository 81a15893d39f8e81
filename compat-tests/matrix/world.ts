import kafkajs, { type Admin } from 'kafkajs'
import { Driver } from './driver.js'
import type { SentRecord } from './steps.js'

const patienceMs = 45_000

/** What a scenario sees: the broker's address, drivers of the client under test, and a neutral admin for what it needs. */
export class World {
  readonly #drivers: Driver[] = []
  readonly #waiting = new Set<() => void>()
  #admin: Admin | null = null

  constructor(
    /** A name that no other scenario of this client uses, for its topics and groups. */
    readonly name: string,
    readonly bootstrap: string,
    readonly command: readonly string[],
  ) {}

  /** One more process of the client, at another address when it shall go through a proxy. */
  async start(bootstrap = this.bootstrap): Promise<Driver> {
    const driver = await Driver.start(this.command, bootstrap, () => {
      for (const look of [...this.#waiting]) look()
    })
    this.#drivers.push(driver)
    return driver
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
    this.#admin = new kafkajs.Kafka({
      brokers: [this.bootstrap],
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin()
    await this.#admin.connect()
    return this.#admin
  }

  /** Resolves when it has come to this, looking again whenever a consumer met something. */
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
    return this.#drivers[0]?.version ?? ''
  }

  async close(): Promise<void> {
    await Promise.all(this.#drivers.map(driver => driver.end()))
    await this.#admin?.disconnect()
  }
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
