import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { kafkaClassPath } from '../apache-kafka/jars.js'

/** The output of Kafka's DumpLogSegments about files. */
export interface Dump {
  /** The lines about the content of each file, by file. */
  readonly lines: ReadonlyMap<string, readonly string[]>
  /** All other lines: its complaints. */
  readonly complaints: readonly string[]
}

/** Files below a data directory whose names end in one of the endings, `.log` for instance. */
export const filesIn = (directory: string, ...endings: string[]): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter(name => endings.some(ending => name.endsWith(ending)))
    .sort()
    .map(name => join(directory, name))

/** Runs the tool over all the files at once. */
export async function dumpLogSegments(files: readonly string[], ...options: string[]): Promise<Dump> {
  const java = ['-Xmx512m', '-XX:+UseSerialGC', '-cp', await kafkaClassPath()]
  const tool = ['org.apache.kafka.tools.DumpLogSegments', ...options, '--files', files.join(',')]
  const child = spawn('java', [...java, ...tool])
  const said = new Report()
  createInterface({ input: child.stdout }).on('line', line => said.take(line))
  createInterface({ input: child.stderr }).on('line', line => said.takeError(line))
  const [code] = await once(child, 'close')
  if (code !== 0) said.complaints.push(`it ended with ${code}`)
  return said
}

/** The lines that describe a sound file. */
const sound = [
  /^Log starting offset: /,
  /^Snapshot end offset: \d+, epoch: \d+$/,
  /^baseOffset: .* isvalid: true$/,
  /^\| offset: .* headerKeys: \[.*\]/,
  /^offset: \d+ position: \d+$/,
  /^timestamp: -?\d+ offset: \d+$/,
  /^producerId: /,
  /^version: 0 producerId: \d+ firstOffset: \d+ lastOffset: \d+ lastStableOffset: \d+$/,
  /\.(index|timeindex) passed sanity check\.$/,
  /\.index is empty\.$/,
]
/** Files of the topics that the tests have compacted. */
const isCompacted = (file: string): boolean =>
  /^(compacted|__consumer_offsets|__transaction_state)-\d+$/.test(basename(dirname(file)))

/** The lines of loggers, which write to the standard error too. */
const unrelated = [/^SLF4J/, /StatusLogger/, /^WARNING/]

class Report implements Dump {
  readonly lines = new Map<string, string[]>()
  readonly complaints: string[] = []
  #file: string[] = []
  #name = ''
  #gapIn = ''

  take(line: string): void {
    const dumped = line.match(/^Dumping (.*)$/)
    if (dumped) this.#begin(dumped[1] as string)
    else if (sound.some(pattern => pattern.test(line))) this.#file.push(line)
    else this.complaints.push(`${this.#name}: ${line}`)
  }

  takeError(line: string): void {
    if (this.#isFalseGap(line) || unrelated.some(pattern => pattern.test(line))) return
    this.complaints.push(line)
  }

  #begin(file: string): void {
    this.#name = file
    this.#file = []
    this.lines.set(file, this.#file)
  }

  /**
   * True for a gap that is no fault. With --deep-iteration the tool takes -1 for the offset before the first record,
   * and so complains about every file that does not begin at 0, Kafka's own too. Compaction leaves gaps, by its nature.
   */
  #isFalseGap(line: string): boolean {
    const gap = line.match(/^Non-consecutive offsets in (.*)$/)
    if (gap) this.#gapIn = gap[1] as string
    if (gap || line === `  -1 is followed by ${Number(basename(this.#gapIn, '.log'))}`) return true
    return isCompacted(this.#gapIn) && /^ {2}-?\d+ is followed by \d+$/.test(line)
  }
}
