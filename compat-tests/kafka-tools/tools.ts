import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, execFile as execFileOf, spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { kafkaClassPath } from '../apache-kafka/jars.js'
import { classesOf } from '../support/maven.js'

const execFile = promisify(execFileOf)
const sources = new URL('./java/', import.meta.url)
const frugal = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** The result of a tool: its exit status and its output. */
export interface Run {
  readonly status: number
  readonly printed: string
  readonly complaints: string
}

/** Kafka's command-line tools against one broker, in a Java process that stays; see java/Tools.java. */
export class Tools {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #answers: AsyncIterator<string>

  private constructor(
    child: ChildProcessWithoutNullStreams,
    readonly bootstrap: string,
  ) {
    this.#child = child
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  static async start(bootstrap: string): Promise<Tools> {
    const jars = await kafkaClassPath()
    const classPath = [classesOf(sources, jars, 'kafka-tools'), jars].join(delimiter)
    return new Tools(spawn('java', [...frugal, '-cp', classPath, 'Tools']), bootstrap)
  }

  /** Runs `org.apache.kafka.tools.<tool>`; --bootstrap-server is added. */
  async attempt(tool: string, args: readonly string[], input = ''): Promise<Run> {
    const line = {
      tool: tool.startsWith('kafka.') ? tool : `org.apache.kafka.tools.${tool}`,
      args: placed(tool, this.bootstrap, args),
      input,
    }
    this.#child.stdin.write(`${JSON.stringify(line)}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error(`Java ended while ${tool} ran`)
    return JSON.parse(value) as Run
  }

  /** Runs a tool that has to succeed, and returns its output. */
  async run(tool: string, args: readonly string[], input = ''): Promise<string> {
    const { status, printed, complaints } = await this.attempt(tool, args, input)
    assert.equal(status, 0, `${tool} ${args.join(' ')} ended with ${status}:\n${printed}\n${complaints}`)
    return printed
  }

  /** Runs a tool that does its last work when its process ends, and so has one of its own; returns its output. */
  async runAlone(tool: string, args: readonly string[]): Promise<string> {
    const options = [...frugal, '-cp', await kafkaClassPath(), `org.apache.kafka.tools.${tool}`]
    const { stdout } = await execFile('java', [...options, ...placed(tool, this.bootstrap, args)])
    return stdout
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#child.stdin.end()
    await gone
  }
}

/** Most tools take their options in any order; some have commands, whose options come before or behind. */
const placed = (tool: string, bootstrap: string, args: readonly string[]): readonly string[] => {
  const option = ['--bootstrap-server', bootstrap]
  return tool === 'ClusterTool' ? [...args, ...option] : [...option, ...args]
}
