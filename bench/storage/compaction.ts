import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildBatch } from '../../src/records/record-batch.js'
import { RawClient } from '../../test/support/raw-client.js'
import { cpuSeconds } from '../versus/broker.js'
import { startBroker, watched } from './measured-broker.js'
import { appended, created } from './requests.js'
import { printHistogram, waitsOfAppends } from './waits.js'

export interface CompactionLoad {
  readonly mib: number
  readonly keys: number
  readonly codec: number
  readonly batchRecords: number
}

const warmUpMs = 3_000
const baselineMs = 10_000
const valueBytes = 100
const topic = 'compacted'
const beside = 'beside'

/** Measures how long producers wait while a large log is compacted, and how long they wait before. */
export async function compactionBesideProduce(load: CompactionLoad): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  try {
    await fill(directory, load)
    const { mib, keys, codec, batchRecords } = load
    console.log(
      `\nCompaction of ${mib} MiB, ${keys} keys, codec ${codec}, ${batchRecords} records a batch, beside an append every 5 ms`,
    )
    await measure(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function fill(directory: string, { mib, keys, codec, batchRecords }: CompactionLoad): Promise<void> {
  const broker = await startBroker(directory, 'log.cleaner.enable=false')
  const client = await RawClient.connect(broker.port)
  await created(client, topic, 1, { 'cleanup.policy': 'compact', 'segment.bytes': String((mib << 20) / 8) })
  await created(client, beside, 1)
  for (let bytes = 0; bytes < mib << 20; ) {
    const records = Array.from({ length: batchRecords }, () => ({
      timestampMs: BigInt(Date.now()),
      key: Buffer.from(`key-${Math.floor(Math.random() * keys)}`),
      value: Buffer.alloc(valueBytes, String(Math.random())),
      headers: [],
    }))
    const batch = await buildBatch({ records, codec })
    bytes += batch.length
    await appended(client, topic, 0, batch)
  }
  client.destroy()
  await broker.stop()
  forgetCache(join(directory, `${topic}-0`))
}

/** Drops the files from the page cache (Linux): as a rule a log to be compacted is old, and comes from the disk. */
function forgetCache(folder: string): void {
  for (const name of readdirSync(folder)) {
    execFileSync('dd', [`if=${join(folder, name)}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
  }
}

async function measure(directory: string): Promise<void> {
  const idle = await appendFor(directory, after(baselineMs), 'log.cleaner.enable=false')
  const checkpoint = join(directory, 'cleaner-offset-checkpoint')
  const busy = await appendFor(directory, () => existsSync(checkpoint), `log.cleaner.backoff.ms=${warmUpMs}`)
  printHistogram({ before: idle.waits, during: busy.waits })
  const turn = (what: 'ms' | 'cpuMs') => `${idle.turn[what].toFixed(1)} ms | ${busy.turn[what].toFixed(1)} ms`
  console.log(`| longest turn of the event loop | ${turn('ms')} |`)
  console.log(`| the same in processor time | ${turn('cpuMs')} |`)
  console.log(
    `\nIt took ${(busy.tookMs / 1000).toFixed(1)} s, ${busy.cpuSeconds.toFixed(1)} s of the processor.`,
  )
}

/** Measures appends once the code is compiled and the files are open. */
async function appendFor(directory: string, isOver: () => boolean, setting: string) {
  const broker = await startBroker(directory, setting)
  const client = await RawClient.connect(broker.port)
  await waitsOfAppends(client, beside, after(warmUpMs))
  await watched(broker)
  const [startedAtMs, cpuBefore] = [performance.now(), cpuSeconds(broker)]
  const waits = await waitsOfAppends(client, beside, isOver)
  const tookMs = performance.now() - startedAtMs
  const cpu = cpuSeconds(broker) - cpuBefore
  const turn = await watched(broker)
  client.destroy()
  await broker.stop()
  return { waits, turn, tookMs, cpuSeconds: cpu }
}

function after(ms: number): () => boolean {
  let endMs = 0
  return () => {
    endMs ||= performance.now() + ms
    return performance.now() >= endMs
  }
}
