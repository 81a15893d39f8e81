import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  baseOffset,
  buildBatch,
  decodeRecords,
  splitBatches,
  verifyCrc,
} from '../../src/records/record-batch.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { produce } from '../../src/wire/apis/produce.js'
import { decodeResponse, encodeRequest } from '../../src/wire/message-frame.js'
import { temporaryFolder } from '../support/folder.js'
import { record } from '../support/log-world.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

const partitions = [0, 1, 2, 3]
const batchesEach = 12
/** More than the kernel takes in for a reader that does not read. */
const waitingAnswers = 4
const { seed } = randomRuns(1, 1)

/** The value of the record at an offset: any part of it tells whose it is. */
const valueAt = (partition: number, offset: number): string =>
  `${partition}/${offset} `.repeat(10_000 + ((partition * 7 + offset * 13) % 11) * 2000)

/** One batch after another, each in a frame that comes in pieces. */
async function write(port: number, partition: number, random: () => number): Promise<void> {
  const client = await RawClient.connect(port)
  for (let offset = 0; offset < batchesEach; offset++) {
    const records = await buildBatch({ records: [record(valueAt(partition, offset), Date.now())] })
    const topicData = [{ name: 'letters', partitionData: [{ index: partition, records }] }]
    const head = { correlationId: offset, clientId: 'writer' }
    const frame = encodeRequest(produce, 9, head, { acks: -1, timeoutMs: 1000, topicData })
    const length = Buffer.alloc(4)
    length.writeInt32BE(frame.length)
    const cut = Math.floor(random() * frame.length)
    client.write(Buffer.concat([length, frame.subarray(0, cut)]))
    await new Promise(setImmediate)
    client.write(frame.subarray(cut))
    const { response } = decodeResponse(produce, 9, (await client.frame()) as Buffer)
    assert.equal(response.responses[0]?.partitionResponses[0]?.errorCode, 0)
  }
  client.destroy()
}

/** Each partition from one of its first batches on. */
function askForAll(client: RawClient, random: () => number): void {
  client.tell(fetch, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1 << 24,
    topics: [
      {
        topic: 'letters',
        partitions: partitions.map(partition => ({
          partition,
          fetchOffset: BigInt(Math.floor(random() * 6)),
          partitionMaxBytes: 1 << 21,
        })),
      },
    ],
  })
}

async function verify(frame: Buffer): Promise<number> {
  const { response } = decodeResponse(fetch, 12, frame)
  let found = 0
  for (const { partitionIndex, records } of response.responses[0]?.partitions ?? []) {
    for (const batch of splitBatches(records as Buffer)) {
      assert.ok(verifyCrc(batch))
      const [read] = await decodeRecords(batch)
      assert.equal(String(read?.value), valueAt(partitionIndex, Number(baseOffset(batch))))
      found += 1
    }
  }
  return found
}

for (const place of ['in memory', 'on disk']) {
  test(`what is written and read at the same time, quickly and slowly, is never mixed up (${place})`, async t => {
    const options = place === 'on disk' ? { dataDir: await temporaryFolder(t) } : {}
    const random = randomFrom(seed as number)
    await using served = await ServedBroker.open({ ...options, topics: [`letters:${partitions.length}`] })
    const readers = await Promise.all(Array.from({ length: 6 }, () => RawClient.connect(served.port)))
    const [slow, lost] = [readers.slice(0, 2), readers.slice(2, 4)]
    const writing = partitions.map(partition => write(served.port, partition, random))
    await Promise.all(writing.slice(0, 2))
    for (const reader of [...slow, ...lost]) {
      reader.socket.pause()
      for (let i = 0; i < waitingAnswers; i++) askForAll(reader, random)
    }
    await Promise.all(writing)
    for (const reader of lost) reader.destroy()
    for (const reader of readers.slice(4)) {
      for (let i = 0; i < 5; i++) {
        askForAll(reader, random)
        assert.ok((await verify((await reader.frame()) as Buffer)) >= partitions.length)
      }
    }
    for (const reader of slow) {
      reader.socket.resume()
      for (let i = 0; i < waitingAnswers; i++) await verify((await reader.frame()) as Buffer)
      reader.destroy()
    }
  })
}
