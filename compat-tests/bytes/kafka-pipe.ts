import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { missing } from '../support/tool.js'

/** Why Kafka's code cannot be asked here, or false. */
export const noKafka = missing('mvn', '--version') || missing('javac', '-version')

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url))

/** Kafka's own code in a process of its own, asked one line of JSON at a time; see kafka/Pipe.java. */
export class KafkaPipe {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting: { answered(line: string): void; failed(error: Error): void }[] = []

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    createInterface({ input: child.stdout }).on('line', line => this.#waiting.shift()?.answered(line))
    child.once('exit', code => {
      for (const { failed } of this.#waiting) failed(new Error(`Kafka's process ended with ${code}`))
    })
  }

  /** Fetches Kafka's jars and compiles the Java beside this file, unless it is done. */
  static open(): KafkaPipe {
    const jars = fetchJars()
    const classes = compile(jars)
    const classpath = [join(jars, '*'), classes].join(process.platform === 'win32' ? ';' : ':')
    const child = spawn('java', ['-Xmx512m', '-XX:+UseSerialGC', '-cp', classpath, 'Pipe'])
    child.stderr.pipe(process.stderr)
    return new KafkaPipe(child)
  }

  /** What Kafka refuses is answered with `refused`. Answers come in the order of the questions. */
  async ask<Answer>(question: object): Promise<Answer> {
    const line = await new Promise<string>((answered, failed) => {
      this.#waiting.push({ answered, failed })
      this.#child.stdin.write(`${JSON.stringify(question)}\n`)
    })
    const answer = JSON.parse(line)
    if (answer.broken !== undefined) throw new Error(`${answer.broken}, asked ${JSON.stringify(question)}`)
    return answer
  }

  async close(): Promise<void> {
    this.#child.stdin.end()
    await once(this.#child, 'exit')
  }
}

function fetchJars(): string {
  const jars = join(cache, 'kafka-bytes-jars')
  onceInto(jars, folder => {
    const copy = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime']
    const args = [...copy, '-f', join(here, 'pom.xml'), `-DoutputDirectory=${folder}`]
    execFileSync('mvn', args, { stdio: ['ignore', 'inherit', 'inherit'] })
  })
  return jars
}

/** Once for each state of the sources. */
function compile(jars: string): string {
  const sources = readdirSync(join(here, 'kafka')).map(name => join(here, 'kafka', name))
  const hash = createHash('sha256')
  for (const source of sources) hash.update(readFileSync(source))
  const classes = join(cache, `kafka-bytes-classes-${hash.digest('hex').slice(0, 12)}`)
  onceInto(classes, folder => {
    execFileSync('javac', ['-cp', join(jars, '*'), '-d', folder, ...sources], { stdio: 'inherit' })
  })
  return classes
}

/** Several tests may want the same folder at the same time: each fills its own, the first one's stays. */
function onceInto(folder: string, fill: (folder: string) => void): void {
  if (existsSync(folder)) return
  const mine = `${folder}-${process.pid}`
  mkdirSync(mine, { recursive: true })
  fill(mine)
  try {
    renameSync(mine, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
    rmSync(mine, { recursive: true })
  }
}
