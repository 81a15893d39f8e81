import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JavaStage } from '../support/java-stage.js'

const batch = 10
const pauseMs = 50

/** A file that grows, 'line 0', 'line 1'…, about 200 lines in a second, until the stage closes. */
export class GrowingFile {
  readonly #all: string[] = []
  readonly path: string

  constructor(stage: JavaStage) {
    this.path = stage.pathOf('in')
    const timer = setInterval(() => this.#grow(), pauseMs)
    stage.beforeEnd(async () => clearInterval(timer))
    this.#grow()
  }

  /** All lines up to now. */
  get lines(): readonly string[] {
    return [...this.#all]
  }

  #grow(): void {
    const more = Array.from({ length: batch }, (_, i) => `line ${this.#all.length + i}`)
    appendFileSync(this.path, more.map(line => `${line}\n`).join(''))
    this.#all.push(...more)
  }
}

/** The lines of a file, each at its first place only. */
export function linesOnce(path: string): string[] {
  if (!existsSync(path)) return []
  return [...new Set(readFileSync(path, 'utf8').split('\n').slice(0, -1))]
}

/** Resolves when the file has all of these lines. */
export async function hasAll(path: string, lines: readonly string[]): Promise<void> {
  for (;;) {
    const there = new Set(linesOnce(path))
    if (lines.every(line => there.has(line))) return
    await sleep(100)
  }
}

/** The committed records of the topic, as kcat reads them. */
export async function committedIn(bootstrap: string, topic: string): Promise<string[]> {
  const args = ['-b', bootstrap, '-X', 'isolation.level=read_committed', '-q', '-C', '-t', topic]
  const child = spawn('kcat', [...args, '-o', 'beginning', '-e', '-f', '%s\n'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const values: string[] = []
  for await (const line of createInterface({ input: child.stdout })) values.push(line)
  const [code] = await ended
  if (code !== 0) throw new Error(`kcat ended with ${code}`)
  return values
}
