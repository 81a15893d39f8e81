import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { buildBatch } from '../../src/records/record-batch.js'
import { RawClient } from '../../test/support/raw-client.js'
import { inFolder } from './folder.js'
import { startBroker, watched } from './measured-broker.js'
import { appendedToAll, created, deleted } from './requests.js'

const topic = 'doomed'

/**
 * Measures how soon the deletion of a topic of many partitions is answered, and how long others wait while its files
 * go.
 */
export const deletion = (partitions: number): Promise<void> =>
  inFolder(async directory => {
    const broker = await startBroker(directory, 'log.segment.delete.delay.ms=2000')
    const client = await RawClient.connect(broker.port)
    await created(client, topic, partitions)
    const value = Buffer.alloc(100_000)
    const records = await buildBatch({
      records: [{ timestampMs: BigInt(Date.now()), key: null, value, headers: [] }],
    })
    for (let index = 0; index < partitions; index++) await appendedToAll(client, topic, [{ index, records }])
    await watched(broker)
    const startedAtMs = performance.now()
    await deleted(client, topic)
    const answeredMs = performance.now() - startedAtMs
    const answering = await watched(broker)
    while (readdirSync(directory).some(name => name.startsWith(topic))) await pause(20)
    const goneMs = performance.now() - startedAtMs
    const removing = await watched(broker)
    console.log(`\nDeletion of a topic of ${partitions} partitions`)
    console.log(
      `answered after ${answeredMs.toFixed(0)} ms (longest turn of the event loop ${answering.cpuMs.toFixed(0)} ms of the processor)`,
    )
    console.log(
      `all files gone after ${(goneMs / 1000).toFixed(1)} s, of which 2 s delay (longest turn ${removing.cpuMs.toFixed(0)} ms)`,
    )
    client.destroy()
    await broker.stop()
  })
