import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Broker, type BrokerOptions } from '../../src/index.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { heardBy } from '../support/log-target.js'
import { ServedBroker } from '../support/served-broker.js'

/** Options with a logger that keeps messages, from `info` on. */
function listening(options: BrokerOptions = {}) {
  const said: string[] = []
  const say = (message: string) => void said.push(message)
  return { said, options: { ...options, logger: heardBy(say, say) } }
}

test('a start and a stop are said, and so are topics that are created and deleted', async () => {
  const { said, options } = listening({ topics: ['orders:3'] })
  {
    await using served = await ServedBroker.open(options)
    await served.ask(deleteTopics, 5, { topicNames: ['orders'], timeoutMs: 1000 })
  }
  const plain = said.map(line => line.replace(/:\d+/, ':PORT').replace(/cluster \S+,/, 'cluster ID,'))
  assert.deepEqual(plain, [
    "Topic 'orders' is created, with 3 partitions and 1 replicas.",
    'Node 0 listens on PLAINTEXT://127.0.0.1:PORT.',
    'The broker is running: cluster ID, data in memory.',
    "Topic 'orders' is deleted.",
    'The broker is stopping.',
    'The broker has stopped.',
  ])
})

test('a node that stops and comes back is said', async () => {
  const { said, options } = listening({ brokers: 2 })
  await using broker = await Broker.create(options)
  said.length = 0
  await broker.stopNode(1)
  await broker.startNode(1)
  assert.equal(said[0], 'Node 1 has stopped: stopNode(1) was called.')
  assert.match(said[1] ?? '', /^Node 1 listens on PLAINTEXT:/)
})

test('a replication factor that is left at its default is clamped without a word, one that was asked for is not', async () => {
  for (const [set, lines] of [
    [{}, 0],
    [{ 'default.replication.factor': 3 }, 1],
  ] as const) {
    const { said, options } = listening({ topics: ['a:1', '__consumer_offsets:1'], set })
    await using _ = await Broker.create(options)
    assert.equal(said.filter(line => /there are no more nodes/.test(line)).length, lines)
  }
})

/** Returns the log line about a connection that begins with these bytes. */
async function complaintAbout(bytes: Buffer): Promise<string | undefined> {
  const { said, options } = listening()
  await using served = await ServedBroker.open(options)
  const stranger = connect(served.port, '127.0.0.1').on('error', () => undefined)
  stranger.write(bytes)
  stranger.resume()
  await once(stranger, 'close')
  return said.find(line => /closed/.test(line))
}

const clientHello = Buffer.from('16030100a5010000a10303', 'hex')

/** SaslHandshake v1 of a client without an id. */
const handshake = (mechanism: string): Buffer => {
  const text = Buffer.from(mechanism)
  const body = Buffer.alloc(12)
  body.writeInt16BE(17, 0)
  body.writeInt16BE(1, 2)
  body.writeInt16BE(-1, 8)
  body.writeInt16BE(text.length, 10)
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + text.length)
  return Buffer.concat([length, body, text])
}

const strangers: readonly (readonly [string, Buffer, string])[] = [
  [
    'TLS',
    clientHello,
    'the beginning of a TLS connection, but this port is PLAINTEXT: its client has to use security.protocol=PLAINTEXT',
  ],
  [
    'HTTP',
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    "an HTTP request, but this port speaks Kafka's protocol only",
  ],
  [
    'SASL',
    handshake('SCRAM-SHA-256'),
    'a request to log in by SCRAM-SHA-256, but SASL is not served: its client has to use security.protocol=PLAINTEXT',
  ],
  [
    'a mechanism that is none',
    handshake('\n\x1b'),
    'a request to log in by \\n\\x1b, but SASL is not served: its client has to use security.protocol=PLAINTEXT',
  ],
]

for (const [what, bytes, words] of strangers) {
  test(`a client that speaks ${what} is said to do so`, async () => {
    assert.equal(await complaintAbout(bytes), `Connection of 127.0.0.1 closed: it sent ${words}.`)
  })
}
