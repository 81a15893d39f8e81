/** Runs kcat as a driver of the matrix: every step is one kcat, a consumer is one that stays. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Partitions, Produce, SentRecord } from '../matrix/steps.js'
import { Cannot, serve, tell } from '../support/serve.js'

const bootstrap = process.argv[2] as string
const version = /Version (\S+).*librdkafka (\S+)/.exec(spawnSync('kcat', ['-V']).stdout.toString())
const impatient = ['-X', 'topic.metadata.refresh.interval.ms=1000', '-X', 'reconnect.backoff.max.ms=500']
const consumers = new Map<string, ChildProcess>()

async function kcat(args: string[], input: string | Buffer = ''): Promise<string> {
  const child = spawn('kcat', ['-b', bootstrap, ...args])
  let printed = ''
  let complaint = ''
  child.stdout.on('data', chunk => (printed += chunk))
  child.stderr.on('data', chunk => (complaint += chunk))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  if (code !== 0 || complaint.includes('% Delivery failed')) throw new Error(complaint)
  return printed
}

/** The options of a record that one run of kcat gives to all of its records. */
function runOf({ key, value, headers = [], partition, timestamp }: SentRecord): string[] {
  if (timestamp !== undefined) throw new Cannot('no timestamps of its own')
  if (key === '' && value === null) throw new Cannot('either null or empty')
  if (value !== null && Buffer.from(value, 'base64').includes(0x1e)) throw new Cannot('only text in values')
  const told = headers.flatMap(([name, value]) => {
    const text = value === null ? null : Buffer.from(value, 'base64').toString()
    if (text === null || /[\0\ufffd]/.test(text)) throw new Cannot('only text in headers')
    return ['-H', `${name}=${text}`]
  })
  return [
    ...told,
    ...(partition === undefined ? [] : ['-p', String(partition)]),
    ...(key === null ? [] : ['-K', '\\x1f']),
    ...(value === null ? ['-Z'] : []),
  ]
}

async function produce({ topic, records, codec = 'none', ...options }: Produce) {
  const { acks = -1, idempotent = false, maxBytes = 1_000_000 } = options
  const common = [
    ...['-P', '-E', '-t', topic, '-D', '\\x1e', '-z', codec, '-X', `acks=${acks}`],
    ...['-X', `enable.idempotence=${idempotent}`, '-X', `message.max.bytes=${maxBytes}`, ...impatient],
  ]
  const runs: { args: string[]; input: Buffer[] }[] = []
  for (const record of records) {
    const args = runOf(record)
    const line = Buffer.concat([
      ...(record.key === null ? [] : [Buffer.from(record.key, 'base64'), Buffer.from('\x1f')]),
      Buffer.from(record.value ?? '', 'base64'),
      Buffer.from('\x1e'),
    ])
    const last = runs.at(-1)
    if (last && last.args.join('\n') === args.join('\n')) last.input.push(line)
    else runs.push({ args, input: [line] })
  }
  for (const { args, input } of runs) await kcat([...common, ...args], Buffer.concat(input))
  return { offsets: records.map(() => null) }
}

interface Printed {
  topic: string
  partition: number
  offset: number
  ts: number
  headers?: string[]
  key: string | null
  payload: string | null
}

const base64 = (text: string | null) => (text === null ? null : Buffer.from(text).toString('base64'))

/** Starts a kcat that goes on reading, and reports its lines. */
function read(name: string, args: string[]): object {
  const options = ['-X', 'fetch.wait.max.ms=100', ...impatient, '-u', '-J', '-E', ...args]
  const child = spawn('kcat', ['-b', bootstrap, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  consumers.set(name, child)
  createInterface({ input: child.stdout }).on('line', line => {
    const { topic, partition, offset, ts, headers = [], key, payload } = JSON.parse(line) as Printed
    const pairs = headers.flatMap((name, i) =>
      i % 2 === 0 ? [[name, base64(headers[i + 1] ?? null)] as const] : [],
    )
    const record = { topic, partition, offset, timestamp: ts, key: base64(key), value: base64(payload) }
    tell({ event: 'records', consumer: name, records: [{ ...record, headers: pairs }] })
  })
  createInterface({ input: child.stderr }).on('line', line => {
    const found = /^% Group .*(assign|revoke).*: (.*)$/.exec(line)
    if (!found) return
    const partitions: Partitions = [...(found[2] as string).matchAll(/(\S+) \[(\d+)\]/g)].map(
      ([, topic, partition]) => [topic as string, Number(partition)] as const,
    )
    tell({ event: found[1] === 'assign' ? 'assigned' : 'revoked', consumer: name, partitions })
  })
  return {}
}

async function close(name: string): Promise<object> {
  const child = consumers.get(name)
  consumers.delete(name)
  if (!child || child.exitCode !== null) return {}
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
  return {}
}

const offsetOf = async (topic: string, partition: number, timestamp: number): Promise<number> => {
  const printed = await kcat(['-Q', '-t', `${topic}:${partition}:${timestamp}`])
  return Number(/offset (-?\d+)/.exec(printed)?.[1])
}

interface Listing {
  topics: { topic: string; error?: string; partitions: object[] }[]
}

await serve(
  `${version?.[1]} (librdkafka ${version?.[2]})`,
  {
    describeTopic: async ({ topic }) => {
      const [found] = (JSON.parse(await kcat(['-L', '-J', '-t', topic])) as Listing).topics
      if (found?.error) throw new Error(found.error)
      return { partitions: found?.partitions.length ?? 0 }
    },
    listTopics: async () => {
      const { topics } = JSON.parse(await kcat(['-L', '-J'])) as Listing
      return { topics: topics.map(({ topic }) => topic) }
    },
    watermarks: async ({ topic, partition }) => ({
      low: await offsetOf(topic, partition, -2),
      high: await offsetOf(topic, partition, -1),
    }),
    offsetAt: async ({ topic, partition, timestamp }) => ({
      offset: await offsetOf(topic, partition, timestamp),
    }),
    produce,
    assign: async ({ consumer, topic, partition, offset }) =>
      read(consumer, ['-C', '-t', topic, '-p', String(partition), '-o', String(offset)]),
    subscribe: async ({ consumer, group, topics = [], pattern, autoCommitMs, ...options }) => {
      const { assignor = 'range', instanceId, sessionTimeoutMs = 30_000 } = options
      if (autoCommitMs === null) throw new Cannot('always commits automatically')
      const settings = {
        'auto.offset.reset': 'earliest',
        'partition.assignment.strategy': assignor,
        'session.timeout.ms': sessionTimeoutMs,
        'heartbeat.interval.ms': 500,
        'auto.commit.interval.ms': autoCommitMs,
        ...(instanceId === undefined ? {} : { 'group.instance.id': instanceId }),
      }
      const told = Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`])
      return read(consumer, [...told, '-G', group, ...(pattern === undefined ? topics : [pattern])])
    },
    close: ({ consumer }) => close(consumer),
  },
  () => Promise.all([...consumers.keys()].map(close)),
)
