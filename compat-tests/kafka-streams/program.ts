import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { classesOf, jarsOf } from '../support/maven.js'

const logging = fileURLToPath(new URL('./log4j2.yaml', import.meta.url))
const options = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  `-Dlog4j2.configurationFile=${logging}`,
]
const linesKept = 2000

/** The package of Kafka Streams' own test programs. */
export const kafkas = 'org.apache.kafka.streams.tests'

/** A program in Java that uses Kafka Streams, in a process and with a folder of its own. */
export class Program {
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>
  readonly #lines: string[] = []
  readonly #listeners = new Set<() => void>()

  /** All it writes to the disk lies below `folder`. */
  constructor(folder: string, main: string, args: readonly string[]) {
    const temporary = `-Djava.io.tmpdir=${mkdtempSync(join(folder, 'java-'))}`
    this.#child = spawn('java', [...options, temporary, '-cp', classPath(), main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#gone = once(this.#child, 'close').then(() => this.#tell())
    for (const stream of [this.#child.stdout, this.#child.stderr])
      createInterface({ input: stream as NodeJS.ReadableStream }).on('line', line => this.#hear(line))
  }

  /** Kafka's programs read their settings from a file. */
  static configured(
    folder: string,
    main: string,
    settings: Readonly<Record<string, string>>,
    ...args: string[]
  ): Program {
    const file = join(mkdtempSync(join(folder, 'program-')), 'settings.properties')
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(file, lines.join(''))
    return new Program(folder, main, [file, ...args])
  }

  get isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** The last lines that it printed. */
  get output(): string {
    return this.#lines.join('\n')
  }

  has(words: string): boolean {
    return this.#lines.some(line => line.includes(words))
  }

  /** Resolves to the last line with these words as soon as there is one; rejects when it ends before. */
  async said(words: string): Promise<string> {
    for (;;) {
      const line = this.#lines.findLast(line => line.includes(words))
      if (line !== undefined) return line
      if (this.isOver) throw new Error(`it ended before it said '${words}':\n${this.output}`)
      await new Promise<void>(resolve => this.#listeners.add(resolve))
    }
  }

  /** The same, of what it says from now on. */
  next(words: string): Promise<string> {
    this.#lines.length = 0
    return this.said(words)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  /** Asks it to end; resolves to its exit code. */
  stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return this.over()
  }

  /** Resolves to its exit code. */
  async over(): Promise<number | null> {
    await this.#gone
    return this.#child.exitCode
  }

  #hear(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > linesKept) this.#lines.shift()
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
    this.#listeners.clear()
  }
}

function classPath(): string {
  const jars = join(jarsOf(new URL('./pom.xml', import.meta.url), 'kafka-streams'), '*')
  return [classesOf(new URL('./java/', import.meta.url), jars, 'kafka-streams'), jars].join(delimiter)
}
