import { buildBatch } from '../../src/records/record-batch.js'
import { RawClient } from '../../test/support/raw-client.js'
import { inFolder } from './folder.js'
import { startBroker, watched } from './measured-broker.js'
import { appendedToAll, created } from './requests.js'
import { waitsOfAppends } from './waits.js'

const topic = 'wide'

/**
 * Measures how long others wait while one request writes to many partitions for the first time, and the stop after
 * that.
 */
export const firstWrites = (partitions: number, ...settings: string[]): Promise<void> =>
  inFolder(async directory => {
    const broker = await startBroker(directory, ...settings)
    const [client, other] = [await RawClient.connect(broker.port), await RawClient.connect(broker.port)]
    await created(client, topic, partitions)
    await created(client, 'other', 1)
    const records = await buildBatch({
      records: [{ timestampMs: BigInt(Date.now()), key: null, value: Buffer.alloc(100), headers: [] }],
    })
    await watched(broker)
    let isOver = false
    const waiting = waitsOfAppends(other, 'other', () => isOver)
    const startedAtMs = performance.now()
    await appendedToAll(
      client,
      topic,
      Array.from({ length: partitions }, (_, index) => ({ index, records })),
    )
    const answeredMs = performance.now() - startedAtMs
    isOver = true
    const longestWaitMs = Math.max(...(await waiting))
    const { ms } = await watched(broker)
    for (const each of [client, other]) each.destroy()
    const stoppedAtMs = performance.now()
    await broker.stop()
    const stopMs = performance.now() - stoppedAtMs
    console.log(`\nFirst writes to ${partitions} partitions in one request ${settings.join(' ')}`)
    console.log(`answered after ${(answeredMs / 1000).toFixed(1)} s`)
    console.log(`others waited ${longestWaitMs.toFixed(0)} ms at most (longest turn ${ms.toFixed(0)} ms)`)
    console.log(`stopped in ${(stopMs / 1000).toFixed(1)} s`)
  })
