import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shownAddress } from '../../src/config/listeners.js'
import type { NodeOptions } from '../../src/config/nodes.js'
import type { BrokerOptions } from '../../src/config/options.js'
import { resolve } from '../../src/config/resolve.js'

/** Each node in one line: id, rack, where it listens, and what is advertised. */
const nodes = (options: BrokerOptions): string[] =>
  resolve(options).nodes.map(({ id, rack, listeners, advertised }) =>
    [
      id,
      rack ?? '-',
      ...listeners.map(shownAddress),
      ...[...advertised.values()].map(each => `told ${shownAddress(each)}`),
    ].join(' '),
  )

test('a number of nodes listens on ports that follow each other, with ids that do', () => {
  assert.deepEqual(nodes({ brokers: 3, port: 9092, set: { 'node.id': 4 } }), [
    '4 - PLAINTEXT://127.0.0.1:9092',
    '5 - PLAINTEXT://127.0.0.1:9093',
    '6 - PLAINTEXT://127.0.0.1:9094',
  ])
})

test('each node may have an id, a port and a rack of its own', () => {
  const brokers = [{ id: 1, port: 9092, rack: 'a' }, { id: 5, port: 9095 }, { rack: 'c' }]
  assert.deepEqual(nodes({ brokers, port: 7000, set: { 'broker.rack': 'all' } }), [
    '1 a PLAINTEXT://127.0.0.1:9092',
    '5 all PLAINTEXT://127.0.0.1:9095',
    '6 c PLAINTEXT://127.0.0.1:7002',
  ])
})

test('without ports every node listens on a free one', () => {
  assert.deepEqual(nodes({ brokers: [{}, {}] }), [
    '0 - PLAINTEXT://127.0.0.1:0',
    '1 - PLAINTEXT://127.0.0.1:0',
  ])
})

test('a node may have listeners of its own, and tell its own addresses', () => {
  const brokers = [
    { listeners: 'IN://:19092,OUT://:9092', advertisedListeners: 'OUT://one.example:9092' },
    { listeners: 'IN://:19092', advertisedListeners: 'IN://two:1' },
  ]
  const set = { 'listener.security.protocol.map': 'IN:PLAINTEXT,OUT:PLAINTEXT' }
  assert.throws(() => nodes({ brokers, set }), /The nodes 0 and 1 would both listen on IN:\/\/:19092/)
  const apart = [brokers[0] as NodeOptions, { ...brokers[1], listeners: 'IN://:29092' }]
  assert.deepEqual(nodes({ brokers: apart, set }), [
    '0 - IN://:19092 OUT://:9092 told OUT://one.example:9092',
    '1 - IN://:29092 told IN://two:1',
  ])
})

test('what is advertised for the first node is as far from each other’s as their ports', () => {
  const set = { listeners: 'PLAINTEXT://:9092', 'advertised.listeners': 'PLAINTEXT://kafka:29092' }
  assert.deepEqual(nodes({ brokers: [{}, { port: 9095 }, {}], set }), [
    '0 - PLAINTEXT://:9092 told PLAINTEXT://kafka:29092',
    '1 - PLAINTEXT://:9095 told PLAINTEXT://kafka:29095',
    '2 - PLAINTEXT://:9094 told PLAINTEXT://kafka:29094',
  ])
})

const wrong: readonly (readonly [object, RegExp])[] = [
  [{ brokers: [] }, /^There can be 1 to 100 nodes, not 0\.$/],
  [{ brokers: ['a'] }, /^The option 'brokers' is \["a"\]: it takes a whole number, or an array of nodes/],
  [{ brokers: [{ ports: 1 }] }, /^There is no option 'ports' of a node\. Did you mean 'port'\?$/],
  [{ brokers: [{ id: -1 }] }, /^The option 'id' of a node is -1: it takes a whole number\.$/],
  [{ brokers: [{ rack: 3 }] }, /^The option 'rack' of a node is 3: it takes text\.$/],
  [{ brokers: [{ id: 1 }, { id: 1 }] }, /^Two nodes have the id 1: give each its own\.$/],
  [
    { brokers: [{ port: 9 }, { port: 9 }] },
    /^The nodes 0 and 1 would both listen on PLAINTEXT:\/\/127\.0\.0\.1:9: /,
  ],
  [{ brokers: [{ port: 70_000 }] }, /^The port 70000 is not one from 0 to 65535\.$/],
  [{ brokers: [{ listeners: '' }] }, /^The listeners of a node are empty/],
  [{ brokers: [{ listeners: 'here' }] }, /^'here' in listeners cannot be read/],
  [{ brokers: [{ id: 2 }], set: { 'node.id': 1 } }, /^node\.id is 1, but the first node is to have the id 2/],
]

for (const [options, message] of wrong) {
  test(`${JSON.stringify(options)} is refused`, () => {
    assert.throws(() => resolve(options as BrokerOptions), { name: 'ConfigurationError', message })
  })
}
