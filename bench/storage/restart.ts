import { readdirSync } from 'node:fs'
import type { OttlaProcess } from '../../compat-tests/support/ottla-process.js'
import { buildBatch } from '../../src/records/record-batch.js'
import { RawClient } from '../../test/support/raw-client.js'
import { cpuSeconds, residentMb } from '../versus/broker.js'
import { inFolder } from './folder.js'
import { startBroker, watched } from './measured-broker.js'
import { appended, appendedToAll, created } from './requests.js'

export interface Size {
  readonly partitions: number
  readonly mib: number
  readonly batchBytes: number
}

const topic = 'large'
const partitionsAtOnce = 500

/** Measures how soon a broker serves again after a stop, and after a kill, with so much in its active segments. */
export const restarts = ({ partitions, mib, batchBytes }: Size): Promise<void> =>
  inFolder(async directory => {
    console.log(`\nA broker with ${partitions} partitions and ${mib} MiB in their active segments`)
    const broker = await startBroker(directory)
    const client = await RawClient.connect(broker.port)
    await created(client, topic, partitions)
    await fill(client, { partitions, mib, batchBytes })
    client.destroy()
    console.log(
      `\n| start | ready | one partition is written | all are | processor until then | open files | resident |`,
    )
    console.log('|---|---|---|---|---|---|---|')
    tell('the first', broker, [])
    await broker.stop()
    const stopped = await started('after a stop', directory, partitions)
    await stopped.kill()
    const killed = await started('after a kill', directory, partitions)
    await killed.stop()
  })

async function fill(client: RawClient, { partitions, mib, batchBytes }: Size): Promise<void> {
  const value = Buffer.alloc(1000)
  const rounds = Math.max(1, Math.floor((mib << 20) / batchBytes / partitions))
  for (let round = 0; round < rounds; round++) {
    const records = Array.from({ length: Math.max(1, Math.floor(batchBytes / 1000)) }, () => ({
      timestampMs: BigInt(Date.now()),
      key: null,
      value,
      headers: [],
    }))
    await toAll(client, partitions, await buildBatch({ records }))
  }
}

async function toAll(client: RawClient, partitions: number, batch: Buffer): Promise<void> {
  const atOnce = Math.max(1, Math.min(partitionsAtOnce, Math.floor((16 << 20) / batch.length)))
  for (let first = 0; first < partitions; first += atOnce) {
    const count = Math.min(atOnce, partitions - first)
    const data = Array.from({ length: count }, (_, i) => ({ index: first + i, records: batch }))
    await appendedToAll(client, topic, data)
  }
}

async function started(how: string, directory: string, partitions: number): Promise<OttlaProcess> {
  const batch = await buildBatch({
    records: [{ timestampMs: BigInt(Date.now()), key: null, value: null, headers: [] }],
  })
  const startedAtMs = performance.now()
  const seconds = () => `${((performance.now() - startedAtMs) / 1000).toFixed(2)} s`
  const broker = await startBroker(directory)
  const times = [seconds()]
  const client = await RawClient.connect(broker.port)
  await appended(client, topic, partitions - 1, batch)
  times.push(seconds())
  await toAll(client, partitions, batch)
  times.push(seconds(), `${cpuSeconds(broker).toFixed(2)} s`)
  client.destroy()
  tell(how, broker, times)
  const { cpuMs } = await watched(broker)
  console.log(`| longest turn of the event loop, in processor time | ${cpuMs.toFixed(0)} ms | | | | | |`)
  return broker
}

function tell(how: string, broker: OttlaProcess, times: readonly string[]): void {
  const cells = Array.from({ length: 4 }, (_, i) => times[i] ?? '')
  const files = readdirSync(`/proc/${broker.pid}/fd`).length
  console.log(`| ${[how, ...cells, files, `${residentMb(broker).toFixed(0)} MB`].join(' | ')} |`)
}
