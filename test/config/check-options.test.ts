import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationError } from '../../src/config/configuration-error.js'
import type { BrokerOptions } from '../../src/config/options.js'
import { resolve } from '../../src/config/resolve.js'

/** Options as a program without types may write them. */
const wrong: readonly (readonly [unknown, RegExp])[] = [
  ['orders', /^The options are 'orders': pass an object\.$/],
  [{ topic: ['orders'] }, /^There is no option 'topic'\. Did you mean 'topics'\?$/],
  [{ colour: 'red' }, /^There is no option 'colour'\.$/],
  [{ topics: 'orders' }, /^The option 'topics' is 'orders': it takes an array, such as \['orders:3'\]/],
  [{ port: '9092' }, /^The option 'port' is '9092': it takes a whole number/],
  [{ memory: 'yes' }, /^The option 'memory' is 'yes': it takes true or false\.$/],
  [{ durability: 'disk' }, /^The option 'durability' is 'disk': it takes 'cache' or 'fsync'\.$/],
  [{ logger: console.log }, /^The option 'logger' is .*: it takes an object with the methods debug/],
  [
    { set: { 'num.partitons': 3 } },
    /^There is no setting 'num\.partitons'\. Did you mean 'num\.partitions'\?$/,
  ],
  [{ set: { 'num.partitions': [3] } }, /^The option 'set' is .*: it takes an object of settings by name/],
  [{ topics: ['a:1', 'a:2'] }, /^The topic 'a' is asked for twice: leave one of the two out\.$/],
  [{ topics: ['a:1', { name: 'a' }] }, /^The topic 'a' is asked for twice/],
  [{ topics: [3] }, /^The topic 3 cannot be read: write it as 'orders:3', or as \{ name: 'orders'/],
  [{ topics: [null] }, /^The topic null cannot be read/],
  [{ topics: [{ partitions: 3 }] }, /^The topic \{"partitions":3\} cannot be read/],
  [{ topics: [{ name: 'a', partitions: 0 }] }, /^The topic \{"name":"a","partitions":0\} cannot be read/],
  [
    { topics: [{ name: 'a', partition: 3 }] },
    /has 'partition', which no topic has\. Did you mean 'partitions'\?$/,
  ],
  [{ topics: [['a', 1]] }, /^The topic \["a",1\] cannot be read/],
  [{ topics: [{ name: 'a', config: ['x'] }] }, /cannot be read: write it as/],
  [{ topics: [{ name: 'a', config: { 'retention.ms': null } }] }, /cannot be read: write it as/],
  [
    { topics: [{ name: 'a', config: { 'retention.mss': 1 } }] },
    /^The topic 'a' has the setting 'retention\.mss', which no topic has\. Did you mean 'retention\.ms'\?$/,
  ],
  [{ env: { KAFKA_NUM_PARTITIONS: 3 } }, /^The option 'env' is .*: it takes an object of variables/],
  [{ defaults: { port: 'x' } }, /^The option 'defaults' is .*: it takes an object such as/],
  [{ clok: 3 }, /^There is no option 'clok'\. Did you mean 'clock'\?$/],
  [{ memory: true, dataDir: 'data' }, /^Both a data directory and memory are asked for/],
]

for (const [options, message] of wrong) {
  test(`the options ${JSON.stringify(options)} are refused with what is expected`, () => {
    const refused = (thrown: unknown) => {
      assert.ok(thrown instanceof ConfigurationError)
      assert.equal(thrown.code, 'OTTLA_CONFIGURATION')
      assert.match(thrown.message, message)
      return true
    }
    assert.throws(() => resolve(options as BrokerOptions), refused)
  })
}

test('an option that is undefined counts as left out', () => {
  assert.equal(resolve({ port: undefined } as unknown as BrokerOptions).nodes[0]?.listeners[0]?.port, 0)
})

test('a topic may be described by an object, with settings of its own', () => {
  const { topics } = resolve({
    topics: [
      { name: 'orders', partitions: 3, replicationFactor: 1, config: { 'retention.ms': 1000 } },
      'bills',
    ],
  })
  assert.deepEqual(topics, [
    { name: 'orders', partitions: 3, replication: 1, config: new Map([['retention.ms', '1000']]) },
    { name: 'bills', partitions: -1, replication: -1, config: new Map() },
  ])
})

test('settings of one listener are taken although no table lists them', () => {
  resolve({ set: { 'listener.name.internal.max.connections': 3 } })
})
