import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplyBudget } from '../../src/memory/reply-budget.js'
import { buildBatch } from '../../src/records/record-batch.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { heartbeat } from '../../src/wire/apis/heartbeat.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { heardBy } from '../support/log-target.js'
import { record } from '../support/log-world.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

const memoryBytes = 16 * 1024 * 1024
const batchBytes = 256 * 1024
const pipelined = 40

/** A broker with 16 MiB for replies, and a topic of 4 MiB in batches of almost 256 KiB. */
async function smallBroker(logged: string[]): Promise<ServedBroker> {
  const log = (message: string) => void logged.push(message)
  const served = await ServedBroker.open({
    logger: heardBy(log),
    topics: ['t:1'],
    set: { 'ottla.reply.memory.max.bytes': memoryBytes, 'ottla.reply.patience.ms': 300 },
  })
  const records = await buildBatch({ records: [record('x'.repeat(batchBytes - 500), Date.now())] })
  for (let i = 0; i < 16; i++) await served.produce('t', records)
  return served
}

/** The most bytes that were held at once, as far as they could be seen when a reply got memory. */
function watched(): { budget: ReplyBudget | null; mostBytes: number } {
  const seen = { budget: null as ReplyBudget | null, mostBytes: 0 }
  const { reserve } = ReplyBudget.prototype
  ReplyBudget.prototype.reserve = function (recipient, bytes) {
    const granted = reserve.call(this, recipient, bytes)
    seen.budget = this
    seen.mostBytes = Math.max(seen.mostBytes, this.usedBytes)
    return granted
  }
  return seen
}

const fetchAll = {
  maxWaitMs: 0,
  minBytes: 1,
  maxBytes: 1 << 24,
  topics: [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 << 24 }] }],
} as const

test('readers that take in nothing use up the memory for replies and no more, one that works goes on', async () => {
  const logged: string[] = []
  const seen = watched()
  const served = await smallBroker(logged)
  const clients: RawClient[] = []
  const connect = async () => {
    const client = await RawClient.connect(served.port)
    clients.push(client)
    return client
  }
  try {
    const slow = await connect()
    slow.socket.on('data', () => {
      slow.socket.pause()
      setImmediate(() => slow.socket.resume())
    })
    for (let i = 0; i < 30; i++) {
      const stuck = await connect()
      stuck.socket.pause()
      for (let n = 0; n < pipelined; n++) stuck.tell(fetch, 12, fetchAll)
    }
    const working = await connect()
    const group = { groupId: 'g', generationId: 1, memberId: 'm' }
    for (let i = 0; i < 50; i++) {
      const { responses } = await working.ask(fetch, 12, fetchAll)
      assert.ok((responses[0]?.partitions[0]?.records?.length ?? 0) > batchBytes / 2)
      await working.ask(heartbeat, 4, group)
      const { topics } = await working.ask(metadata, 12, { topics: null })
      assert.ok(topics.length > 0)
      assert.ok((await slow.ask(fetch, 12, fetchAll)).responses.length === 1)
    }
    assert.ok(seen.mostBytes >= (memoryBytes * 3) / 4, `only ${seen.mostBytes} bytes were held`)
    assert.ok(seen.mostBytes <= memoryBytes + 1024 * 1024, `${seen.mostBytes} bytes were held`)
    assert.ok(
      logged.every(line => line.includes('did not take in its reply')),
      logged.join('\n'),
    )
  } finally {
    for (const client of clients) client.destroy()
    await served[Symbol.asyncDispose]()
  }
  for (let i = 0; i < 1000 && seen.budget?.usedBytes !== 0; i++) await new Promise(done => setImmediate(done))
  assert.equal(seen.budget?.usedBytes, 0)
})
