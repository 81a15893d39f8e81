import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Row } from './row.js'

const main = new URL('../dist/main.js', import.meta.url).pathname
const port = 29_092

/** ApiVersions v0, correlation id 1, no client id; after its length. */
const apiVersionsRequest = Buffer.from('0000000a0012000000000001ffff', 'hex')

/** Resolves when the broker answers ApiVersions, false when it does not listen yet. */
function answered(): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.write(apiVersionsRequest))
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function withBroker<T>(measure: (pid: number, startedAtMs: number) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const startedAtMs = performance.now()
  const child = spawn(process.execPath, [main, '--port', String(port), '--data-dir', folder], {
    stdio: 'ignore',
  })
  try {
    while (!(await answered())) await pause(2)
    return await measure(child.pid as number, startedAtMs)
  } finally {
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGINT')
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
}

export const startUp: Row = {
  name: 'start',
  unit: 'ms from process start to first answered ApiVersions',
  target: 'under 400',
  rounds: 7,
  measure: () => withBroker(async (_pid, startedAtMs) => performance.now() - startedAtMs),
}

export const idleMemory: Row = {
  name: 'idle-memory',
  unit: 'MB resident, 10 s after start',
  target: 'under 90',
  rounds: 3,
  measure: () =>
    withBroker(async pid => {
      await pause(10_000)
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      return Number(status.match(/VmRSS:\s+(\d+)/)?.[1]) / 1024
    }),
}
