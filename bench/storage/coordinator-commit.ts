import { buildBatch } from '../../src/records/record-batch.js'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.js'
import { offsetCommit } from '../../src/wire/apis/offset-commit.js'
import { RawClient } from '../../test/support/raw-client.js'
import { inFolder } from './folder.js'
import { startBroker, watched } from './measured-broker.js'
import { appended, created } from './requests.js'

const durationMs = 5_000
const clients = 20
const topic = 'orders'
const slowDisk = new URL('./slow-disk.js', import.meta.url)

/**
 * Groups that live in one partition of `__consumer_offsets` and commit, beside as many producers to one partition,
 * with every answer waiting for a disk that takes 10 ms a sync. Each client waits for its answer.
 */
export async function coordinatorCommit(): Promise<void> {
  console.log(`\n| ${clients} clients | a second | syncs a second |`)
  console.log('|---|---|---|')
  await inFolder(async directory => {
    const settings = ['log.flush.interval.messages=1', 'offsets.topic.num.partitions=1']
    const broker = await startBroker({ directory, modules: [slowDisk] }, ...settings)
    const client = await RawClient.connect(broker.port)
    await created(client, topic, 1)
    await client.ask(findCoordinator, 3, { key: 'group-0', keyType: 0 })
    client.destroy()
    const batch = await buildBatch({
      records: [{ timestampMs: 0n, key: null, value: Buffer.alloc(100), headers: [] }],
    })
    for (const name of ['producers', 'groups that commit'] as const) {
      await watched(broker)
      const endMs = performance.now() + durationMs
      const all = Array.from({ length: clients }, (_, i) =>
        untilThen(endMs, broker.port, each =>
          name === 'producers' ? appended(each, topic, 0, batch) : committed(each, `group-${i}`),
        ),
      )
      const count = (await Promise.all(all)).reduce((sum, each) => sum + each, 0)
      const { syncs } = await watched(broker)
      const aSecond = (what: number) => Math.round(what / (durationMs / 1000)).toLocaleString('en')
      console.log(`| ${name} | ${aSecond(count)} | ${aSecond(syncs)} |`)
    }
    await broker.stop()
  })
}

async function untilThen(
  endMs: number,
  port: number,
  act: (client: RawClient) => Promise<void>,
): Promise<number> {
  const client = await RawClient.connect(port)
  let count = 0
  for (; performance.now() < endMs; count++) await act(client)
  client.destroy()
  return count
}

async function committed(client: RawClient, groupId: string): Promise<void> {
  const partitions = [
    { partitionIndex: 0, committedOffset: 1n, committedLeaderEpoch: -1, committedMetadata: '' },
  ]
  const { topics } = await client.ask(offsetCommit, 8, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [{ name: topic, partitions }],
  })
  const { errorCode = -1 } = topics[0]?.partitions[0] ?? {}
  if (errorCode !== 0) throw new Error(`a commit was answered with error ${errorCode}`)
}
