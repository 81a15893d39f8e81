import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('kfake/', import.meta.url))
const program = fileURLToPath(new URL('../../.cache/bench-kfake', import.meta.url))

/** kfake, franz-go's broker in memory; Go builds it when there is something to build. */
export class KfakeProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly bootstrap: string,
  ) {}

  static async start(): Promise<KfakeProcess> {
    execFileSync('go', ['build', '-buildvcs=false', '-o', program, '.'], { cwd: sources, stdio: 'inherit' })
    const child = spawn(program, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [bootstrap] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    return new KfakeProcess(child, bootstrap)
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
