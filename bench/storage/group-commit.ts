import { buildBatch } from '../../src/records/record-batch.js'
import { RawClient } from '../../test/support/raw-client.js'
import { inFolder } from './folder.js'
import { startBroker, watched } from './measured-broker.js'
import { appended, created } from './requests.js'

const durationMs = 5_000
const topic = 'synced'
const recordsPerBatch = 10

/** Measures the cost of acknowledgements that wait for the disk, with ever more producers that share each wait. */
export async function groupCommit(): Promise<void> {
  console.log(`\n| --durability | producers | records a second | syncs a second | batches a sync |`)
  console.log('|---|---|---|---|---|')
  for (const durability of ['cache', 'fsync']) {
    for (const producers of [1, 10, 50]) await inFolder(each => measure(each, durability, producers))
  }
}

async function measure(directory: string, durability: string, producers: number): Promise<void> {
  // What --durability fsync stands for.
  const settings = durability === 'fsync' ? ['log.flush.interval.messages=1'] : []
  const broker = await startBroker(directory, ...settings)
  const client = await RawClient.connect(broker.port)
  await created(client, topic, 1)
  client.destroy()
  await watched(broker)
  const endMs = performance.now() + durationMs
  const all = Array.from({ length: producers }, () => produceUntil(endMs, broker.port))
  const batches = (await Promise.all(all)).reduce((sum, each) => sum + each, 0)
  const { syncs } = await watched(broker)
  const aSecond = (count: number) => Math.round(count / (durationMs / 1000)).toLocaleString('en')
  const shared = syncs === 0 ? '' : (batches / syncs).toFixed(1)
  console.log(
    `| ${[durability, producers, aSecond(batches * recordsPerBatch), aSecond(syncs), shared].join(' | ')} |`,
  )
  await broker.stop()
}

/** Runs one producer, which waits for each acknowledgement; returns their number. */
async function produceUntil(endMs: number, port: number): Promise<number> {
  const client = await RawClient.connect(port)
  const value = Buffer.alloc(100)
  const records = Array.from({ length: recordsPerBatch }, () => ({
    timestampMs: BigInt(Date.now()),
    key: null,
    value,
    headers: [],
  }))
  const batch = await buildBatch({ records })
  let acknowledged = 0
  for (; performance.now() < endMs; acknowledged++) await appended(client, topic, 0, batch)
  client.destroy()
  return acknowledged
}
