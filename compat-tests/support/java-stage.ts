import { mkdtempSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Java, JavaProgram } from './java-program.js'
import { OttlaProcess } from './ottla-process.js'

/** A broker that can be killed and goes on from its disk, and the programs that use it; all end with the test. */
export class JavaStage {
  readonly #ends: (() => Promise<unknown>)[] = []
  #broker: OttlaProcess

  private constructor(
    broker: OttlaProcess,
    private readonly args: readonly string[],
    private readonly java: Java,
    private readonly folder: string,
  ) {
    this.#broker = broker
  }

  /** `topics` by their number of partitions. */
  static async open(
    t: TestContext,
    java: Java,
    topics: Readonly<Record<string, number>>,
  ): Promise<JavaStage> {
    const folder = await mkdtemp(join(tmpdir(), 'ottla-'))
    const settings = ['--set', 'log.cleaner.backoff.ms=500']
    const args = ['--data-dir', join(folder, 'broker'), '--log-level', 'warn', ...settings]
    const asked = Object.entries(topics).flatMap(([name, partitions]) => ['--topic', `${name}:${partitions}`])
    const broker = await OttlaProcess.start('--port', '0', ...asked, ...args)
    const stage = new JavaStage(broker, args, java, folder)
    t.after(() => stage.#close())
    return stage
  }

  get bootstrap(): string {
    return this.#broker.bootstrap
  }

  run(main: string, ...args: string[]): JavaProgram {
    const program = new JavaProgram(this.java, this.folder, main, args)
    this.beforeEnd(() => program.kill())
    return program
  }

  /** The name of a new file of properties; programs of Kafka read their settings from such a file. */
  settings(settings: Readonly<Record<string, string>>): string {
    const file = join(mkdtempSync(join(this.folder, 'settings-')), 'settings.properties')
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(file, lines.join(''))
    return file
  }

  /** A path that is gone when the test is over. */
  pathOf(name: string): string {
    return join(this.folder, name)
  }

  /** Kills the broker (kill -9), and starts another at the same address that goes on from the disk. */
  async crashBroker(): Promise<void> {
    const { port } = this.#broker
    await this.#broker.kill()
    this.#broker = await OttlaProcess.start('--port', String(port), ...this.args)
  }

  /** Notes work that has to end before the broker does. */
  beforeEnd(end: () => Promise<unknown>): void {
    this.#ends.push(end)
  }

  async #close(): Promise<void> {
    await Promise.all(this.#ends.map(end => end()))
    await this.#broker.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}
