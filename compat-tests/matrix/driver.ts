import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Event, ReadRecord, StepName, Steps } from './steps.js'

/** The error of a step that the client cannot express: its cell says so and is no failure. */
export class NotExpressible extends Error {}

/** The client's own error, with Kafka's code where it has one. */
export class ClientError extends Error {
  constructor(
    readonly code: number | null,
    message: string,
  ) {
    super(message)
  }
}

/** The events of one consumer of a driver so far. */
export class Consumer {
  readonly records: ReadRecord[] = []
  readonly owned = new Set<string>()
  /** Every partition that was ever taken away, in order. */
  readonly revoked: string[] = []
  readonly errors: ClientError[] = []

  meet(event: Event): void {
    if (event.event === 'records') this.records.push(...event.records)
    else if (event.event === 'error') this.errors.push(new ClientError(event.code, event.message))
    else {
      for (const [topic, partition] of event.partitions) {
        const name = `${topic}-${partition}`
        if (event.event === 'assigned') this.owned.add(name)
        else if (this.owned.delete(name)) this.revoked.push(name)
      }
    }
  }
}

interface Line {
  readonly id?: number
  readonly ready?: { readonly version: string }
  readonly answer?: object
  readonly error?: { readonly code: number | null; readonly message: string }
  readonly cannot?: string
}

/** One running program of a client, in a process of its own so that it can be killed. */
export class Driver {
  readonly #child: ChildProcess
  readonly #consumers = new Map<string, Consumer>()
  /** The consumers that the program holds open. */
  readonly #reading = new Set<string>()
  readonly #waiting = new Map<number, { resolve: (answer: object) => void; reject: (error: Error) => void }>()
  #changed: () => void = () => {}
  readonly #complaints: string[] = []
  #nextId = 1
  #version = ''

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Resolves when the program says that it is ready. */
  static async start(command: readonly string[], bootstrap: string): Promise<Driver> {
    const [program, ...args] = command as [string, ...string[]]
    // A process group of its own, so that what it starts is killed with it.
    const child = spawn(program, [...args, bootstrap], { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    const driver = new Driver(child)
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', line => {
      driver.#complaints.push(line)
      if (driver.#complaints.length > 30) driver.#complaints.shift()
    })
    child.stdin?.on('error', () => {})
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => {
        const error = new Error(`the driver ended with ${code}:\n${driver.#complaints.join('\n')}`)
        reject(error)
        for (const { reject } of driver.#waiting.values()) reject(error)
        driver.#waiting.clear()
      })
      lines.on('line', line => driver.#hear(line, resolve))
    })
    return driver
  }

  /** The client's version, as it calls itself. */
  get version(): string {
    return this.#version
  }

  /** `act` is called from now on after everything a consumer meets. */
  onChange(act: () => void): void {
    this.#changed = act
  }

  /** True while the program runs. */
  get lives(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  ask<S extends StepName>(step: S, args: Steps[S]['ask']): Promise<Steps[S]['answer']> {
    const id = this.#nextId++
    if ('consumer' in args) this.#reading[step === 'close' ? 'delete' : 'add'](args.consumer)
    const answer = new Promise<object>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#child.stdin?.write(`${JSON.stringify({ id, step, ...args })}\n`)
    return answer as Promise<Steps[S]['answer']>
  }

  /** The consumer of this name, also before and after it exists in the driver. */
  consumer(name: string): Consumer {
    const known = this.#consumers.get(name)
    if (known) return known
    const consumer = new Consumer()
    this.#consumers.set(name, consumer)
    return consumer
  }

  /** Closes the consumers that a scenario left open and forgets their events, so that the next one finds none. */
  async forget(): Promise<void> {
    for (const consumer of [...this.#reading]) await this.ask('close', { consumer })
    this.#consumers.clear()
  }

  /** Ends the program as a power button does. */
  async kill(): Promise<void> {
    await this.#gone(() => process.kill(-(this.#child.pid as number), 'SIGKILL'))
  }

  /** Lets the program close what it holds, for as long as a person would wait. */
  async end(): Promise<void> {
    const impatient = setTimeout(() => this.kill(), 10_000)
    await this.#gone(() => this.#child.stdin?.end())
    clearTimeout(impatient)
  }

  async #gone(act: () => void): Promise<void> {
    if (!this.lives) return
    const gone = once(this.#child, 'exit')
    act()
    await gone
  }

  #hear(text: string, ready: () => void): void {
    if (!text.startsWith('{')) {
      this.#complaints.push(text)
      return
    }
    const line = JSON.parse(text) as Line | Event
    if ('event' in line) {
      this.consumer(line.consumer).meet(line)
      this.#changed()
      return
    }
    if (line.ready) {
      this.#version = line.ready.version
      ready()
      return
    }
    const waiting = this.#waiting.get(line.id as number)
    this.#waiting.delete(line.id as number)
    if (line.cannot !== undefined) waiting?.reject(new NotExpressible(line.cannot))
    else if (line.error) waiting?.reject(new ClientError(line.error.code, line.error.message))
    else waiting?.resolve(line.answer as object)
  }
}
