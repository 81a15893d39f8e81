import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** A program that prints its address once it listens, and ends at SIGINT. */
export class PeerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly bootstrap: string,
  ) {}

  /** Starts franz-go's broker in memory; Go builds it when there is something to build. */
  static kfake(): Promise<PeerProcess> {
    const program = pathOf('../../.cache/bench-kfake')
    execFileSync('go', ['build', '-buildvcs=false', '-o', program, '.'], {
      cwd: pathOf('kfake/'),
      stdio: 'inherit',
    })
    return PeerProcess.#start(program, [])
  }

  /** The least that a program on Node does. */
  static node(folder: string): Promise<PeerProcess> {
    return PeerProcess.#start(process.execPath, ['--import', 'tsx', pathOf('least/main.ts'), folder])
  }

  static async #start(program: string, args: readonly string[]): Promise<PeerProcess> {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [bootstrap] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    return new PeerProcess(child, bootstrap)
  }

  get pid(): number {
    return this.child.pid as number
  }

  stop(): Promise<void> {
    return this.#end('SIGINT')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill(signal)
    await gone
  }
}
