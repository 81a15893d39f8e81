import assert from 'node:assert/strict'
import { lookup } from 'node:dns/promises'
import { test } from 'node:test'
import { buildPlainBatch } from '../../src/records/record-batch.js'
import { alterClientQuotas } from '../../src/wire/apis/alter-client-quotas.js'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { createPartitions } from '../../src/wire/apis/create-partitions.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { produce } from '../../src/wire/apis/produce.js'
import { errorName } from '../support/error-name.js'
import { ManualClock } from '../support/manual-clock.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

type Names = Readonly<Record<string, string | null>>

const windowsMs = 10_000
/** The client id of the client that the quotas are for; `served.client` is another. */
const bounded = 'bounded'

/** A broker whose time stands still, with a topic, quotas, and a client that they are for. */
async function world(quotas: Readonly<Record<string, number>>, names: Names = { 'client-id': bounded }) {
  const clock = new ManualClock()
  const served = await ServedBroker.open({ clock })
  await served.create('orders')
  const clients: RawClient[] = []
  const connect = async (clientId: string) => {
    const client = await RawClient.connect(served.port, { clientId })
    clients.push(client)
    return client
  }
  await setQuotas(served, names, quotas)
  return {
    clock,
    served,
    connect,
    client: await connect(bounded),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      await served[Symbol.asyncDispose]()
    },
  }
}

async function setQuotas(served: ServedBroker, names: Names, quotas: Readonly<Record<string, number>>) {
  const entity = Object.entries(names).map(([entityType, entityName]) => ({ entityType, entityName }))
  const ops = Object.entries(quotas).map(([key, value]) => ({ key, value, remove: value < 0 }))
  const request = { entries: [{ entity, ops }], validateOnly: false }
  const { entries } = await served.ask(alterClientQuotas, 1, request)
  assert.deepEqual(entries.map(errorName), ['NONE'])
}

const write = (bytes: number, acks = -1) => {
  const records = [{ timestampMs: 1n, key: null, value: Buffer.alloc(bytes), headers: [] }]
  const partitionData = [{ index: 0, records: buildPlainBatch({ records }) }]
  return { acks, timeoutMs: 1000, topicData: [{ name: 'orders', partitionData }] }
}

const read = (session: { sessionId: number; sessionEpoch: number }, fetchOffset: bigint | null = 0n) => ({
  ...{ maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, ...session },
  topics:
    fetchOffset === null
      ? []
      : [{ topic: 'orders', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }] }],
})
const noSession = { sessionId: 0, sessionEpoch: -1 }

const newTopic = (name: string, numPartitions: number) => ({
  topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
})

/** Lets everything happen that needs no time, measured in exchanges of another client. */
async function settle(served: ServedBroker): Promise<void> {
  for (let i = 0; i < 30; i++) await served.ask(apiVersions, 0, {})
}

test('a producer over its quota is answered at once, and not heard again before its time is over', async () => {
  await using at = await world({ producer_byte_rate: 1000 })
  const within = await at.client.ask(produce, 9, write(5000))
  assert.equal(within.throttleTimeMs, 0)
  const over = await at.client.ask(produce, 9, write(10_000))
  const { throttleTimeMs, responses } = over
  assert.equal(errorName(responses[0]?.partitionResponses[0] as { errorCode: number }), 'NONE')
  assert.ok(throttleTimeMs > 5000 && throttleTimeMs < 6000, `${throttleTimeMs} ms for the half too much`)
  let isAnswered = false
  const next = at.client.ask(produce, 9, write(1)).then(answer => {
    isAnswered = true
    return answer
  })
  at.clock.advance(throttleTimeMs - 1)
  await settle(at.served)
  assert.equal(isAnswered, false)
  at.clock.advance(1)
  await next
})

test('a producer that waits for no answer is not heard before its time is over, either', async () => {
  await using at = await world({ producer_byte_rate: 1000 })
  at.client.tell(produce, 9, write(20_000, 0))
  let isAnswered = false
  const next = at.client.ask(apiVersions, 0, {}).then(() => {
    isAnswered = true
  })
  await settle(at.served)
  assert.equal(isAnswered, false)
  at.clock.advance(windowsMs + 1000)
  await next
})

test('other clients are not held to the quota of a client id, nor to what it used up', async () => {
  await using at = await world({ producer_byte_rate: 1000 })
  await at.client.ask(produce, 9, write(50_000))
  const other = await at.served.ask(produce, 9, write(50_000))
  assert.equal(other.throttleTimeMs, 0)
})

test('two connections of a client share its quota', async () => {
  await using at = await world({ producer_byte_rate: 1000 })
  await at.client.ask(produce, 9, write(9000))
  const second = await at.connect(bounded)
  assert.ok((await second.ask(produce, 9, write(9000))).throttleTimeMs > 0)
})

test('the quota of the user counts before that of the client id', async () => {
  await using at = await world({ producer_byte_rate: 1000 })
  await setQuotas(at.served, { user: 'ANONYMOUS' }, { producer_byte_rate: 1_000_000 })
  assert.equal((await at.client.ask(produce, 9, write(50_000))).throttleTimeMs, 0)
  await setQuotas(at.served, { user: 'ANONYMOUS' }, { producer_byte_rate: -1 })
  assert.ok((await at.client.ask(produce, 9, write(50_000))).throttleTimeMs > 0)
})

test('a quota that is taken back holds no client any more', async () => {
  await using at = await world({ producer_byte_rate: 1000 })
  await setQuotas(at.served, { 'client-id': bounded }, { producer_byte_rate: -1 })
  assert.equal((await at.client.ask(produce, 9, write(50_000))).throttleTimeMs, 0)
})

test('a consumer over its quota is given nothing, and its records once its time is over', async () => {
  await using at = await world({ consumer_byte_rate: 1000 })
  await at.served.ask(produce, 9, write(6000))
  const first = await at.client.ask(fetch, 12, read(noSession))
  assert.deepEqual([first.throttleTimeMs, first.responses.length], [0, 1])
  const over = await at.client.ask(fetch, 12, read(noSession))
  assert.deepEqual([over.errorCode, over.responses], [0, []])
  assert.ok(over.throttleTimeMs > 0 && over.throttleTimeMs < windowsMs)
  at.clock.advance(over.throttleTimeMs)
  const { responses } = await at.client.ask(fetch, 12, read(noSession))
  assert.deepEqual(responses, [], 'the window is as full as before: what was not given did not count')
  at.clock.advance(windowsMs)
  const later = await at.client.ask(fetch, 12, read(noSession))
  assert.deepEqual([later.throttleTimeMs, later.responses.length], [0, 1])
})

test('a fetch reads no more than its client could be given without waiting', async () => {
  await using at = await world({ consumer_byte_rate: 1000 })
  for (let i = 0; i < 5; i++) await at.served.ask(produce, 9, write(4000))
  const { throttleTimeMs, responses } = await at.client.ask(fetch, 12, read(noSession))
  const bytes = responses[0]?.partitions[0]?.records?.length ?? 0
  assert.equal(throttleTimeMs, 0)
  assert.ok(bytes > 4000 && bytes <= windowsMs, `${bytes} bytes`)
})

test('a throttled fetch neither begins a session nor ends the one that goes on', async () => {
  await using at = await world({ consumer_byte_rate: 1000 })
  await at.served.ask(produce, 9, write(6000))
  const begun = await at.client.ask(fetch, 12, read({ sessionId: 0, sessionEpoch: 0 }))
  assert.equal(begun.responses.length, 1)
  const { sessionId } = begun
  const throttled = await at.client.ask(fetch, 12, read({ sessionId, sessionEpoch: 1 }, null))
  assert.deepEqual([throttled.sessionId, throttled.errorCode, throttled.responses], [sessionId, 0, []])
  at.clock.advance(2 * windowsMs)
  const goesOn = await at.client.ask(fetch, 12, read({ sessionId, sessionEpoch: 2 }, null))
  assert.deepEqual([goesOn.sessionId, goesOn.errorCode, goesOn.responses.length], [sessionId, 0, 1])
  const anew = await at.client.ask(fetch, 12, read({ sessionId: 0, sessionEpoch: 0 }))
  assert.deepEqual([anew.sessionId, anew.errorCode, anew.responses], [0, 0, []])
  assert.ok(anew.throttleTimeMs > 0)
})

test('every request counts for the quota of time, and waits for one window at most', async () => {
  await using at = await world({ request_percentage: 0.000_001 })
  const described = await at.client.ask(metadata, 9, { topics: null })
  assert.equal(described.throttleTimeMs, 1000)
  at.clock.advance(1000)
  const { throttleTimeMs, sessionId, responses } = await at.client.ask(
    fetch,
    12,
    read({ sessionId: 0, sessionEpoch: 0 }),
  )
  assert.deepEqual([throttleTimeMs, sessionId, responses], [1000, 0, []])
})

test('topics beyond the quota are not made, grown or deleted for clients that know the error', async () => {
  await using at = await world({ controller_mutation_rate: 1 })
  const made = await at.client.ask(createTopics, 7, newTopic('first', 20))
  assert.deepEqual([made.topics.map(errorName), made.throttleTimeMs], [['NONE'], 0])
  const second = await at.connect(bounded)
  const refused = await second.ask(createTopics, 7, newTopic('second', 1))
  assert.deepEqual(refused.topics.map(errorName), ['THROTTLING_QUOTA_EXCEEDED'])
  assert.equal(refused.throttleTimeMs, 9000) // 20 of 11 are used up
  const third = await at.connect(bounded)
  const growth = {
    topics: [{ name: 'first', count: 21, assignments: null }],
    timeoutMs: 1,
    validateOnly: false,
  }
  const grown = await third.ask(createPartitions, 3, growth)
  assert.deepEqual(grown.results.map(errorName), ['THROTTLING_QUOTA_EXCEEDED'])
  const fourth = await at.connect(bounded)
  const deleted = await fourth.ask(deleteTopics, 6, { topics: [{ name: 'first' }], timeoutMs: 1 } as never)
  assert.deepEqual(deleted.responses.map(errorName), ['THROTTLING_QUOTA_EXCEEDED'])
  at.clock.advance(9000)
  const again = await second.ask(createTopics, 7, newTopic('second', 1))
  assert.deepEqual(again.topics.map(errorName), ['NONE'])
})

test('older clients have their topics made, and wait afterwards', async () => {
  await using at = await world({ controller_mutation_rate: 1 })
  const made = await at.client.ask(createTopics, 5, newTopic('first', 20))
  assert.deepEqual([made.topics.map(errorName), made.throttleTimeMs], [['NONE'], 9000])
})

test('a topic that a request for metadata would make is not there yet while the quota is used up', async () => {
  await using at = await world({ controller_mutation_rate: 1 })
  await at.client.ask(createTopics, 7, newTopic('first', 20))
  const request = { topics: [{ name: 'wanted' }], allowAutoTopicCreation: true }
  const refused = await at.client.ask(metadata, 9, request as never)
  assert.deepEqual(refused.topics.map(errorName), ['UNKNOWN_TOPIC_OR_PARTITION'])
  at.clock.advance(refused.throttleTimeMs)
  assert.deepEqual((await at.client.ask(metadata, 9, request as never)).topics.map(errorName), ['NONE'])
})

test('connections beyond the quota of their address are closed after a while, unserved', async () => {
  await using at = await world({ connection_creation_rate: 1 }, { ip: '127.0.0.1' })
  for (let i = 0; i < 9; i++) await at.connect('any') // the world's own client is the first
  const [refused] = await Promise.all([at.connect('any')])
  let isClosed = false
  const end = refused?.end().then(replies => {
    isClosed = true
    return replies
  })
  refused?.tell(apiVersions, 0, {})
  await settle(at.served)
  assert.equal(isClosed, false)
  at.clock.advance(1000)
  assert.equal(await end, 0)
  at.clock.advance(windowsMs)
  await (await at.connect('any')).ask(apiVersions, 0, {})
})

test('the quota of a host counts for its address', async () => {
  await using at = await world({ connection_creation_rate: 1 }, { ip: 'localhost' })
  await lookup('localhost') // the broker has begun to look for it before
  let isClosed = false
  while (!isClosed) {
    const clients = await Promise.all(Array.from({ length: 12 }, () => at.connect('any')))
    at.clock.advance(1000)
    await settle(at.served)
    isClosed = clients.some(client => client.closed)
    for (const client of clients) client.destroy()
  }
})
