import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env
/**
 * Without the certificates that Node would read at every start, which takes a tenth of a second: a broker has no use
 * for them.
 */
export const plainEnvironment = environment

const main = new URL('../../dist/main.js', import.meta.url).pathname

/** A broker as people start it: the built command line in a process of its own. */
export class OttlaProcess {
  readonly #child: ChildProcess
  readonly #said: readonly string[]

  private constructor(
    child: ChildProcess,
    said: readonly string[],
    readonly bootstrap: string,
    readonly args: readonly string[],
  ) {
    this.#child = child
    this.#said = said
  }

  /** Resolves when the banner names the bootstrap address. */
  static start(...args: string[]): Promise<OttlaProcess> {
    return OttlaProcess.startAfter([], ...args)
  }

  /** Starts the broker behind modules in JavaScript that Node loads first. */
  static async startAfter(modules: readonly URL[], ...args: string[]): Promise<OttlaProcess> {
    const all = [...modules.flatMap(module => ['--import', module.href]), main, ...args]
    const child = spawn(process.execPath, all, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: plainEnvironment,
    })
    const said: string[] = []
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', line => said.push(line))
    const bootstrap = await new Promise<string>((resolve, reject) => {
      lines.on('line', line => {
        said.push(line)
        const found = line.match(/((?:[\w.]+:\d+)(?:,[\w.]+:\d+)*)\s*$/)
        if (/bootstrap/i.test(line) && found) resolve(found[1] as string)
      })
      child.once('exit', code => reject(new Error(`ottla ended with ${code}:\n${said.join('\n')}`)))
    })
    return new OttlaProcess(child, said, bootstrap, args)
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** True until it has ended or was sent a signal. */
  get running(): boolean {
    return this.#child.exitCode === null && !this.#child.killed
  }

  get port(): number {
    return Number(this.bootstrap.split(',')[0]?.split(':')[1])
  }

  /** All that it has printed. */
  get output(): string {
    return this.#said.join('\n')
  }

  /** Resolves when it has ended, for whatever reason. */
  async ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close')
  }

  /** Ends the process as a power button does, with no chance to tidy up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ends the process as Ctrl-C does; resolves to the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGINT')
  }

  async #end(signal: 'SIGKILL' | 'SIGINT'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    const gone = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code] = (await gone) as [number | null]
    return code
  }
}
