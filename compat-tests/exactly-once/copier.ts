import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The command that starts a client's copier; the options follow, in the order that they have below. */
export type Command = readonly string[]

export interface CopierOptions {
  readonly bootstrap: string
  readonly transactionalId: string
  readonly seed: number
  /** The number of transactions, of a hundred, that it aborts at random. */
  readonly abortPercent?: number
  readonly transactionTimeoutMs?: number
}

export const groupId = 'copiers'

/** The lines that a copier prints, each a JSON object. */
export interface Said {
  /** True when it has joined the group. */
  readonly ready?: true
  /** The number of records that it has written, with their offsets; the end of the transaction is next. */
  readonly sent?: number
  /** True where it stands there because the test holds it. */
  readonly held?: true
  readonly committed?: number
  readonly aborted?: number
  /** An error after which it only has to abort. */
  readonly refused?: string
  /** The error after which it tries again to end its transaction. */
  readonly again?: string
  /** The error by which another process has fenced it; it ends then, as it does when it failed. */
  readonly fenced?: string
  readonly failed?: string
}

/**
 * A program that copies the topic `in` to `out` in transactions that hold its group's offsets as well. It is
 * a process of its own, so that it can be killed. The line `hold` makes it stop before the end of its next
 * transaction, `go` lets it go on; SIGTERM asks it to finish.
 */
export class Copier {
  readonly said: Said[] = []
  /** The lines that it wrote to its standard error. */
  readonly errors: string[] = []
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>
  readonly #waiting: (() => void)[] = []

  constructor(command: Command, options: CopierOptions) {
    const { bootstrap, transactionalId, seed, abortPercent = 20, transactionTimeoutMs = 20_000 } = options
    const [program = '', ...args] = command
    const numbers = [seed, abortPercent, transactionTimeoutMs].map(String)
    const all = [...args, bootstrap, transactionalId, groupId, ...numbers]
    this.#child = spawn(program, all, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#gone = once(this.#child, 'close')
    this.#child.once('close', () => this.#changed())
    this.#child.stdin?.on('error', () => {})
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', line =>
      this.#hear(line),
    )
    createInterface({ input: this.#child.stderr as NodeJS.ReadableStream }).on('line', line =>
      this.errors.push(line),
    )
  }

  get isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  count(what: keyof Said): number {
    return this.said.filter(said => said[what] !== undefined).length
  }

  /** Resolves when it has said this, rejects when it ends before. */
  async until(what: keyof Said, times = 1): Promise<void> {
    await this.#until(() => this.count(what) >= times, what)
  }

  /** Resolves when it says one of these the next time. */
  async untilNext(...any: (keyof Said)[]): Promise<void> {
    const count = () => any.reduce((sum, what) => sum + this.count(what), 0)
    const before = count()
    await this.#until(() => count() > before, any.join("' or '"))
  }

  async #until(hasSaid: () => boolean, what: string): Promise<void> {
    while (!hasSaid()) {
      if (this.isOver) throw new Error(`it ended before it said '${what}':\n${this.#lastWords()}`)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  /** Resolves when it stands before the end of a transaction; it goes on there after `go`. */
  async hold(): Promise<void> {
    const held = this.untilNext('held')
    this.#child.stdin?.write('hold\n')
    await held
  }

  go(): void {
    this.#child.stdin?.write('go\n')
  }

  /** Stops the process where it is, without its knowledge. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  /** Resolves to its exit code: 0, or 3 when it was fenced. */
  async stop(): Promise<number | null> {
    if (!this.isOver) this.#child.kill('SIGTERM')
    return this.over()
  }

  async over(): Promise<number | null> {
    await this.#gone
    return this.#child.exitCode
  }

  #hear(line: string): void {
    if (!line.startsWith('{')) return void this.errors.push(line)
    this.said.push(JSON.parse(line) as Said)
    this.#changed()
  }

  #changed(): void {
    for (const look of this.#waiting.splice(0)) look()
  }

  #lastWords(): string {
    return [...this.said.slice(-5).map(said => JSON.stringify(said)), ...this.errors.slice(-30)].join('\n')
  }
}
