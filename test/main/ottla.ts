import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { temporaryFolder } from '../support/folder.js'

const main = resolve('dist/main.js')

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>
  /** The working folder. */
  readonly cwd?: string
}

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Builds the command line where it was not built yet. */
export function build(): void {
  if (!existsSync(main)) execFileSync(process.execPath, ['tools/build.mjs'])
}

/** Runs `ottla` until it ends by itself; one that goes on is killed, and has no status. */
export function run(args: readonly string[], { env, cwd }: Surroundings = {}): Promise<Outcome> {
  return new Promise(done => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      { env: { ...process.env, ...env }, cwd, timeout: 20_000, killSignal: 'SIGKILL' },
      (_, stdout, stderr) => done({ status: child.exitCode, stdout, stderr }),
    )
  })
}

/** An `ottla` that serves, with what it has printed so far. */
export interface Served {
  readonly banner: string
  readonly ports: readonly number[]
  /** Closes what standard output and error are read by. */
  hangUp(): void
  /** Sends a signal, and resolves when the process has ended. */
  end(signal: NodeJS.Signals): Promise<Outcome>
}

/** Starts `ottla` in a folder of its own and waits for its banner. */
export async function serve(
  t: TestContext,
  args: readonly string[],
  { env, cwd }: Surroundings = {},
): Promise<Served> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    cwd: cwd ?? (await temporaryFolder(t)),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const stderr = text(child.stderr).catch(() => '') // by hangUp
  const exit = once(child, 'exit')
  const banner = await bannerOf(child, stderr)
  return {
    banner,
    ports: [...(banner.match(/bootstrap +(.*)/)?.[1] ?? '').matchAll(/:(\d+)/g)].map(([, port]) =>
      Number(port),
    ),
    hangUp() {
      child.stdout.destroy()
      child.stderr.destroy()
    },
    async end(signal) {
      child.kill(signal)
      const [status] = (await exit) as [number | null]
      return { status, stdout: banner, stderr: await stderr }
    },
  }
}

async function bannerOf(child: ChildProcess, stderr: Promise<string>): Promise<string> {
  let said = ''
  for await (const part of child.stdout ?? []) {
    said += part
    if (/bootstrap.*\n/.test(said)) return said
  }
  throw new Error(`ottla ended without a banner: ${said}${await stderr}`)
}
