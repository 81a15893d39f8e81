import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const frugal = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const linesKept = 2000

/** The parts of a program in Java. */
export interface Java {
  readonly classPath: string
  /** A configuration of log4j 2. */
  readonly logging: URL
}

/** A program in Java that runs until the test ends it, in a process and with a temporary folder of its own. */
export class JavaProgram {
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>
  readonly #lines: string[] = []
  readonly #listeners = new Set<() => void>()

  /** Its temporary folder lies in `folder`. */
  constructor({ classPath, logging }: Java, folder: string, main: string, args: readonly string[]) {
    const properties = [
      `-Djava.io.tmpdir=${mkdtempSync(join(folder, 'java-'))}`,
      `-Dlog4j2.configurationFile=${fileURLToPath(logging)}`,
    ]
    this.#child = spawn('java', [...frugal, ...properties, '-cp', classPath, main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#gone = once(this.#child, 'close').then(() => this.#tell())
    for (const stream of [this.#child.stdout, this.#child.stderr])
      createInterface({ input: stream as NodeJS.ReadableStream }).on('line', line => this.#hear(line))
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

  /** Resolves to the last line with these words that it prints from now on. */
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
