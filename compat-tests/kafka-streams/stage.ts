import type { TestContext } from 'node:test'
import { temporaryFolder } from '../../test/support/folder.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { writeNumbers } from './number-source.js'
import { Program } from './program.js'

/** A broker that can be killed and goes on from its disk, and the programs that use it; all end with the test. */
export class Stage {
  readonly #args: readonly string[]
  readonly #programs: Program[] = []
  readonly #sources: (() => Promise<void>)[] = []
  #broker: OttlaProcess

  private constructor(
    broker: OttlaProcess,
    args: readonly string[],
    private readonly folder: string,
  ) {
    this.#broker = broker
    this.#args = args
  }

  /** `topics` by their number of partitions. */
  static async open(t: TestContext, topics: Readonly<Record<string, number>>): Promise<Stage> {
    const folder = await temporaryFolder(t)
    const args = [
      '--data-dir',
      `${folder}/broker`,
      '--log-level',
      'warn',
      '--set',
      'log.cleaner.backoff.ms=500',
    ]
    const asked = Object.entries(topics).flatMap(([name, partitions]) => ['--topic', `${name}:${partitions}`])
    const stage = new Stage(await OttlaProcess.start('--port', '0', ...asked, ...args), args, folder)
    t.after(() => stage.#close())
    return stage
  }

  get bootstrap(): string {
    return this.#broker.bootstrap
  }

  run(main: string, ...args: string[]): Program {
    return this.#keep(new Program(this.folder, main, args))
  }

  /** A program that reads its settings from a file, which come to it with the broker's address. */
  runConfigured(main: string, settings: Readonly<Record<string, string>>, ...args: string[]): Program {
    const all = { 'bootstrap.servers': this.bootstrap, ...settings }
    return this.#keep(Program.configured(this.folder, main, all, ...args))
  }

  /** Numbers come to the topic from now on. */
  async feed(topic: string): Promise<void> {
    this.#sources.push(await writeNumbers(this.bootstrap, topic))
  }

  /** A folder that is kept as long as the test lasts. */
  folderOf(name: string): string {
    return `${this.folder}/${name}`
  }

  /** kill -9, and another broker at the same address goes on from what is on the disk. */
  async crashBroker(): Promise<void> {
    const { port } = this.#broker
    await this.#broker.kill()
    this.#broker = await OttlaProcess.start('--port', String(port), ...this.#args)
  }

  #keep(program: Program): Program {
    this.#programs.push(program)
    return program
  }

  async #close(): Promise<void> {
    await Promise.all([
      ...this.#programs.map(program => program.kill()),
      ...this.#sources.map(stop => stop()),
    ])
    await this.#broker.stop()
  }
}
