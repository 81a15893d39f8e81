import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { OttlaProcess } from '../../compat-tests/support/ottla-process.js'
import { buildBatch, lastOffset, splitBatches } from '../../src/records/record-batch.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { listOffsets } from '../../src/wire/apis/list-offsets.js'
import { RawClient } from '../../test/support/raw-client.js'
import { cpuSeconds, residentMb } from '../versus/broker.js'
import { inFolder } from './folder.js'
import { startBroker } from './measured-broker.js'
import { appended, created } from './requests.js'

const topic = 'huge'
const batchRecords = 100
const valueBytes = 10_000
const fetchBytes = 8 << 20
const gib = 1 << 30
/** The time between two batches; the first is at 0 of this clock. */
const stepMs = 1000
const firstMs = 1_700_000_000_000

/** Writes and reads one partition that is far larger than the memory that its broker may use. */
export const size = (gibs: number): Promise<void> =>
  inFolder(async directory => {
    console.log(`\n${gibs} GiB in one partition, in segments of 1 GiB`)
    console.log('\n| | took | of the processor | resident | open files |')
    console.log('|---|---|---|---|---|')
    let broker = await startBroker(directory, 'log.retention.ms=-1')
    let client = await RawClient.connect(broker.port)
    await created(client, topic, 1)
    let end = 0n
    for (let written = 1; written <= gibs; written++) {
      await told(`written: ${written} GiB`, broker, async () => {
        end = await fill(client, end)
      })
    }
    await told('read from the start to the end', broker, () => readAll(client, end))
    await told('read at an offset in the middle', broker, async () => void (await read(client, end / 2n)))
    await told('found by its time, in the middle', broker, () => found(client, end / 2n))
    client.destroy()
    for (const how of ['stop', 'kill'] as const) {
      await broker[how]()
      const startedAtMs = performance.now()
      broker = await startBroker(directory, 'log.retention.ms=-1')
      client = await RawClient.connect(broker.port)
      await read(client, end / 2n)
      tell(`started after a ${how}, and read`, broker, performance.now() - startedAtMs, cpuSeconds(broker))
      client.destroy()
    }
    await broker.stop()
    const segments = readdirSync(join(directory, `${topic}-0`)).filter(name => name.endsWith('.log'))
    console.log(`\n${segments.length} segments, ${end} records`)
  })

async function told(what: string, broker: OttlaProcess, act: () => Promise<void>): Promise<void> {
  const [startedAtMs, cpuBefore] = [performance.now(), cpuSeconds(broker)]
  await act()
  tell(what, broker, performance.now() - startedAtMs, cpuSeconds(broker) - cpuBefore)
}

function tell(what: string, broker: OttlaProcess, tookMs: number, cpu: number): void {
  const files = readdirSync(`/proc/${broker.pid}/fd`).length
  const cells = [what, `${(tookMs / 1000).toFixed(2)} s`, `${cpu.toFixed(2)} s`]
  console.log(`| ${[...cells, `${residentMb(broker).toFixed(0)} MB`, files].join(' | ')} |`)
}

/** Writes one GiB from an offset on; returns the offset after it. */
async function fill(client: RawClient, from: bigint): Promise<bigint> {
  const value = Buffer.alloc(valueBytes, 'x')
  let next = from
  for (let bytes = 0; bytes < gib; next += BigInt(batchRecords)) {
    const records = Array.from({ length: batchRecords }, () => ({
      timestampMs: timeOf(next),
      key: null,
      value,
    }))
    const batch = await buildBatch({ records })
    bytes += batch.length
    await appended(client, topic, 0, batch)
  }
  return next
}

const timeOf = (offset: bigint): bigint => BigInt(firstMs + Number(offset / BigInt(batchRecords)) * stepMs)

async function readAll(client: RawClient, end: bigint): Promise<void> {
  for (let offset = 0n; offset < end; ) offset = await read(client, offset)
}

/** Reads at an offset; returns the offset after the last record. */
async function read(client: RawClient, fetchOffset: bigint): Promise<bigint> {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: fetchBytes }]
  const { responses } = await client.ask(fetch, 12, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: fetchBytes,
    topics: [{ topic, partitions }],
    forgottenTopicsData: [],
  })
  const last = splitBatches(responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)).at(-1)
  if (!last || lastOffset(last) < fetchOffset) throw new Error(`nothing was read at offset ${fetchOffset}`)
  return lastOffset(last) + 1n
}

async function found(client: RawClient, offset: bigint): Promise<void> {
  const first = offset - (offset % BigInt(batchRecords))
  const partitions = [{ partitionIndex: 0, timestamp: timeOf(offset) }]
  const { topics } = await client.ask(listOffsets, 8, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions }],
  })
  const answer = topics[0]?.partitions[0]?.offset
  if (answer !== first) throw new Error(`by its time ${first} is to be found, and ${answer} was`)
}
