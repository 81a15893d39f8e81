import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { temporaryFolder } from '../../test/support/folder.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { type Command, Copier, type CopierOptions, groupId } from './copier.js'
import type { Death } from './die-at-marker.js'
import { javascriptOf } from './javascript.js'

export const partitions = 3
const patienceMs = 120_000

/** A broker with the topics `in` and `out`, copiers between them, and checks of the output. */
export class World {
  readonly #settings: readonly string[]
  readonly #copiers: Copier[] = []
  /** The number of records written to each partition of `in`. */
  readonly #written: number[] = Array.from({ length: partitions }, () => 0)
  #broker: OttlaProcess
  #kafka: Kafka
  #admin: Admin

  private constructor(broker: OttlaProcess, settings: readonly string[]) {
    this.#broker = broker
    this.#settings = settings
    this.#kafka = new kafkajs.Kafka({
      brokers: [broker.bootstrap],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 },
    })
    this.#admin = this.#kafka.admin()
  }

  /** `settings` as `key=value`. */
  static async open(t: TestContext, ...settings: string[]): Promise<World> {
    const folder = await temporaryFolder(t)
    const all = ['group.min.session.timeout.ms=1000', ...settings].flatMap(each => ['--set', each])
    const args = ['--data-dir', folder, '--log-level', 'warn', ...all]
    const topics = ['in', 'out'].flatMap(name => ['--topic', `${name}:${partitions}`])
    const world = new World(await OttlaProcess.start('--port', '0', ...topics, ...args), args)
    t.after(() => world.#close())
    await world.#admin.connect()
    return world
  }

  get bootstrap(): string {
    return this.#broker.bootstrap
  }

  /** The output of the broker, which has its complaints. */
  get complaints(): string {
    return this.#broker.output
  }

  start(command: Command, options: Omit<CopierOptions, 'bootstrap'>): Copier {
    const copier = new Copier(command, { bootstrap: this.bootstrap, ...options })
    this.#copiers.push(copier)
    return copier
  }

  /** Keeps a copier running, one after the other, until `stop`: a client may give up when its broker dies. */
  keep(command: Command, options: Omit<CopierOptions, 'bootstrap'>): { stop(): Promise<number | null> } {
    let isKept = true
    let copier = this.start(command, options)
    const next = async () => {
      while ((await copier.over()) === 1 && isKept) copier = this.start(command, options)
    }
    void next()
    return {
      stop: () => {
        isKept = false
        return copier.stop()
      },
    }
  }

  /** Gives every partition of `in` so many records more. */
  async fill(count: number): Promise<void> {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (const [partition, before] of this.#written.entries()) {
      const numbers = Array.from({ length: count }, (_, i) => before + i)
      const messages = numbers.map(number => ({ partition, key: `${partition}`, value: `${number}` }))
      await producer.send({ topic: 'in', acks: -1, messages })
      this.#written[partition] = before + count
    }
    await producer.disconnect()
  }

  /** Brokers one after the other, each of which dies when it is about to write its marker of that number. */
  async crashAtMarkers(numbers: readonly number[]): Promise<Death[]> {
    const deaths: Death[] = []
    for (const number of numbers) {
      await this.#restart([new URL(`?number=${number}`, javascriptOf('die-at-marker'))])
      await Promise.race([this.#broker.ended(), this.#noPatienceLeft()])
      const told = this.#broker.output.match(/^\{"death".*$/m)?.[0]
      if (!told) throw new Error(`the broker ended for another reason:\n${this.complaints}`)
      deaths.push((JSON.parse(told) as { death: Death }).death)
    }
    await this.#restart([])
    return deaths
  }

  /** Kills the broker, and starts another one that goes on from the disk. */
  crash(): Promise<void> {
    return this.#restart([])
  }

  async #restart(modules: readonly URL[]): Promise<void> {
    const { port } = this.#broker
    await this.#broker.kill()
    this.#broker = await OttlaProcess.startAfter(modules, '--port', String(port), ...this.#settings)
  }

  /** Resolves when the group has committed all of the input. */
  async allCopied(): Promise<void> {
    const sinceMs = Date.now()
    for (;;) {
      const committed = await this.committed()
      if (committed.every((offset, partition) => offset === this.#written[partition])) return
      if (Date.now() - sinceMs > patienceMs) throw new Error(this.#report(committed))
      await sleep(100)
    }
  }

  /** The committed offsets, by partition of `in`. */
  async committed(): Promise<number[]> {
    const [fetched] = await this.#admin.fetchOffsets({ groupId, topics: ['in'] })
    const offsets = this.#written.map(() => 0)
    for (const { partition, offset } of fetched?.partitions ?? [])
      offsets[partition] = Math.max(0, Number(offset))
    return offsets
  }

  /**
   * Checks that consumers with read_committed find each record of the input once, in its order; returns the number of
   * records more that those with read_uncommitted find.
   */
  async checkEachOnce(): Promise<number> {
    const committed = await this.read('read_committed')
    for (const [partition, count] of this.#written.entries()) {
      const expected = Array.from({ length: count }, (_, i) => String(i))
      assert.deepEqual(committed[partition], expected, `partition ${partition}`)
    }
    const all = await this.read('read_uncommitted')
    return all.flat().length - committed.flat().length
  }

  /** All values of `out`, by partition, as kcat reads them. */
  async read(isolation: 'read_committed' | 'read_uncommitted'): Promise<string[][]> {
    const values: string[][] = this.#written.map(() => [])
    const settings = ['-X', `isolation.level=${isolation}`, '-X', 'check.crcs=true']
    const args = ['-b', this.bootstrap, ...settings, '-q', '-C', '-t', 'out', '-o', 'beginning', '-e']
    const child = spawn('kcat', [...args, '-f', '%p %s\n'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    for await (const line of createInterface({ input: child.stdout })) {
      const [partition, value] = line.split(' ')
      values[Number(partition)]?.push(value as string)
    }
    const [code] = await ended
    assert.equal(code, 0, 'kcat came to the end')
    return values
  }

  async #close(): Promise<void> {
    await Promise.all(this.#copiers.map(copier => copier.kill()))
    await this.#admin.disconnect()
    await this.#broker.stop()
  }

  async #noPatienceLeft(): Promise<never> {
    await sleep(patienceMs, null, { ref: false })
    throw new Error(this.#report(await this.committed()))
  }

  #report(committed: readonly number[]): string {
    const told = this.#copiers.map(({ said, errors }) =>
      [...said.slice(-5).map(line => JSON.stringify(line)), ...errors.slice(-20)].join('\n'),
    )
    return [`committed are ${committed} of ${this.#written}`, ...told, this.complaints].join('\n')
  }
}
