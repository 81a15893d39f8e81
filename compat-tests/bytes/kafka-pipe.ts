import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { missing } from '../support/tool.js'

/** Why Kafka's code cannot be asked here, or false. */
export const noKafka = missing('mvn', '--version') || missing('javac', '-version')

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url))
const jars = join(cache, 'kafka-bytes-jars')
const classes = join(cache, 'kafka-bytes-classes')

/** Kafka's own code in a process of its own, asked one line of JSON at a time; see kafka/Pipe.java. */
export class KafkaPipe {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting: ((line: string) => void)[] = []

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    createInterface({ input: child.stdout }).on('line', line => this.#waiting.shift()?.(line))
  }

  /** Fetches Kafka's jars and compiles the Java beside this file, unless it is done. */
  static open(): KafkaPipe {
    fetchJars()
    compile()
    const classpath = [join(jars, '*'), classes].join(process.platform === 'win32' ? ';' : ':')
    const child = spawn('java', ['-Xmx512m', '-XX:+UseSerialGC', '-cp', classpath, 'Pipe'])
    child.stderr.pipe(process.stderr)
    return new KafkaPipe(child)
  }

  /** Answers come in the order of the questions, so that many can be under way. */
  async ask<Answer>(question: object): Promise<Answer | { readonly refused: string }> {
    const line = await new Promise<string>(resolve => {
      this.#waiting.push(resolve)
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

function fetchJars(): void {
  if (existsSync(jars)) return
  const arrived = `${jars}-${process.pid}`
  const copy = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime']
  execFileSync('mvn', [...copy, '-f', join(here, 'pom.xml'), `-DoutputDirectory=${arrived}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  renameSync(arrived, jars)
}

function compile(): void {
  mkdirSync(classes, { recursive: true })
  const sources = readdirSync(join(here, 'kafka')).map(name => join(here, 'kafka', name))
  execFileSync('javac', ['-cp', join(jars, '*'), '-d', classes, ...sources], { stdio: 'inherit' })
}
