import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Driver {
  /** Asks it to do its work once more; resolves when it has. */
  again(): Promise<void>
}

/**
 * Runs a driver of `drivers/` in a process of its own. It is ready when it prints a line, does its work for
 * each line that it is sent, and ends when `whenReady` has.
 */
export async function runDriver<T>(
  name: string,
  work: Readonly<Record<string, string | number>>,
  whenReady: (driver: Driver) => Promise<T>,
): Promise<T> {
  const script = fileURLToPath(new URL(`drivers/${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(work)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async () => {
    if ((await lines.next()).done) throw new Error(`The driver ${name} ended.`)
  }
  try {
    await line()
    return await whenReady({
      async again() {
        child.stdin.write('\n')
        await line()
      },
    })
  } finally {
    child.kill()
    await gone
  }
}
