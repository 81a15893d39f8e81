import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { kafkaClassPath, missingKafka } from '../apache-kafka/jars.js'
import { OttlaProcess } from '../support/ottla-process.js'

const skip = missingKafka()
/** The runs; with OTTLA_TEST_LONG they have the sizes of Kafka's own system test, in every codec. */
const runs = process.env.OTTLA_TEST_LONG
  ? ['none', 'gzip', 'snappy', 'lz4', 'zstd'].map(codec => ({ codec, messages: 1_000_000, topics: 1 }))
  : [
      { codec: 'none', messages: 200_000, topics: 1 },
      { codec: 'zstd', messages: 60_000, topics: 3 },
    ]
const settings = [
  'log.segment.bytes=1048576',
  'log.roll.ms=1000',
  'log.cleaner.backoff.ms=100',
  'log.cleaner.min.cleanable.ratio=0.1',
]

/**
 * Kafka's own tool writes keys several times over, one in ten times a tombstone, waits, reads everything,
 * and compares the last value of each key. Returns what it said; rejects when it was not content.
 */
async function logCompactionTester(
  bootstrap: string,
  { codec, messages, topics }: (typeof runs)[number],
  scratch: string,
): Promise<string> {
  const java = ['-Xmx512m', `-Djava.io.tmpdir=${scratch}`, '-cp', await kafkaClassPath()]
  const tool = [...java, 'org.apache.kafka.tools.LogCompactionTester']
  const load = ['--messages', messages, '--topics', topics, '--compression-type', codec]
  const shape = ['--duplicates', 10, '--percent-deletes', 10, '--sleep', 3]
  const args = [...tool, '--bootstrap-server', bootstrap, ...load, ...shape].map(String)
  const child = spawn('java', args)
  const said: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => said.push(chunk))
  const [code] = await once(child, 'close')
  const output = Buffer.concat(said).toString()
  if (code !== 0) throw new Error(`LogCompactionTester ended with ${code}:\n${output}`)
  return output
}

describe("Kafka's LogCompactionTester", { skip }, () => {
  let directory: string
  let broker: OttlaProcess

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ottla-'))
    await mkdir(join(directory, 'scratch'))
    const set = settings.flatMap(setting => ['--set', setting])
    broker = await OttlaProcess.start(
      '--port',
      '0',
      '--data-dir',
      join(directory, 'data'),
      '--log-level',
      'warn',
      ...set,
    )
  })
  after(async () => {
    await broker?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  for (const run of runs) {
    const { codec, messages, topics } = run
    test(`is content with ${messages} messages, ${topics} topic(s), codec ${codec}`, async () => {
      const output = await logCompactionTester(broker.bootstrap, run, join(directory, 'scratch'))
      assert.match(output, /Validated [1-9]\d* values, 0 mismatches/)
      assert.match(output, /Data verification is completed/)
      const reduction = output.match(/\((\d+)\.\d% reduction\)/)?.[1]
      assert.ok(Number(reduction) > 20, `something was compacted: ${output}`)
    })
  }
})
