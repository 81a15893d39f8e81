import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const main = new URL('../../dist/main.js', import.meta.url).pathname

/** A broker as people start it: the built command line in a process of its own. */
export class OttlaProcess {
  readonly #child: ChildProcess
  readonly #said: string[] = []

  private constructor(
    child: ChildProcess,
    readonly bootstrap: string,
    readonly args: readonly string[],
  ) {
    this.#child = child
  }

  /** Resolves when the banner names the bootstrap address. */
  static async start(...args: string[]): Promise<OttlaProcess> {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
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
    const broker = new OttlaProcess(child, bootstrap, args)
    broker.#said.push(...said)
    lines.on('line', line => broker.#said.push(line))
    return broker
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Until it ends or is told to. */
  get running(): boolean {
    return this.#child.exitCode === null && !this.#child.killed
  }

  get port(): number {
    return Number(this.bootstrap.split(',')[0]?.split(':')[1])
  }

  get output(): string {
    return this.#said.join('\n')
  }

  /** As a power button does: no chance to tidy up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** As Ctrl-C does; resolves to the exit code. */
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
