import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heartbeat } from '../../src/wire/apis/heartbeat.js'
import { listOffsets } from '../../src/wire/apis/list-offsets.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

/** Another client exchanges requests until the work is done; returns the number of its exchanges. */
async function servedDuring(work: Promise<unknown>, served: ServedBroker): Promise<number> {
  const other = await RawClient.connect(served.port)
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  let exchanges = 0
  for (; !isDone; exchanges++) await other.ask(heartbeat, 4, { groupId: 'g', generationId: 1, memberId: 'm' })
  other.destroy()
  await done
  return exchanges
}

const partitions = 100_000

test('others are served while a long request is decoded, handled and answered', async () => {
  await using served = await ServedBroker.open()
  await served.create('t')
  const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({
    partitionIndex,
    timestamp: -1n,
  }))
  const work = served.ask(listOffsets, 5, { replicaId: -1, topics: [{ name: 't', partitions: asked }] })
  const exchanges = await servedDuring(
    work.then(({ topics }) => assert.equal(topics[0]?.partitions.length, partitions)),
    served,
  )
  assert.ok(exchanges >= 10, `${exchanges} others were served`)
})
