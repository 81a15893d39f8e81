import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { classesOf, jarsOf, missingMaven } from '../support/maven.js'

/** The reason why Kafka's code cannot run here, or false. */
export const noKafka = missingMaven()

const java = new URL('./kafka/', import.meta.url)

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
    const jars = join(jarsOf(new URL('./pom.xml', import.meta.url), 'kafka-bytes'), '*')
    const classPath = [jars, classesOf(java, jars, 'kafka-bytes')].join(delimiter)
    const child = spawn('java', ['-Xmx512m', '-XX:+UseSerialGC', '-cp', classPath, 'Pipe'])
    child.stderr.pipe(process.stderr)
    return new KafkaPipe(child)
  }

  /** Asks Kafka's code a question, and gets `refused` where it throws. Answers come in the order of the questions. */
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
