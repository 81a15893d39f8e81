import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerOptions } from '../../src/index.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { errorName } from '../support/error-name.js'
import { temporaryFolder } from '../support/folder.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

const types = { topic: 2, broker: 4, group: 32 }
const operations = { set: 0, delete: 1, append: 2, subtract: 3 }
type Change = readonly [operation: keyof typeof operations, name: string, value?: string | null]

const resource = (type: keyof typeof types, name: string, changes: readonly Change[]) => ({
  resourceType: types[type],
  resourceName: name,
  configs: changes.map(([operation, name, value = null]) => ({
    name,
    configOperation: operations[operation],
    value,
  })),
})

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open({ topics: ['a'], ...options })
  const alter = async (...wanted: readonly ReturnType<typeof resource>[]) => {
    const ask = { resources: wanted, validateOnly: false }
    return (await served.ask(incrementalAlterConfigs, 1, ask)).responses
  }
  /** Value and source of a setting. */
  const told = async (type: keyof typeof types, name: string, key: string) => {
    const resources = [{ resourceType: types[type], resourceName: name, configurationKeys: [key] }]
    const { results } = await served.ask(describeConfigs, 4, { resources })
    const config = results[0]?.configs[0]
    return [config?.value, config?.configSource] as const
  }
  return { served, alter, told, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('a setting is set and taken back, and the others stay as they are', async () => {
  await using world = await opened()
  const changes: Change[] = [
    ['set', 'retention.ms', '5'],
    ['set', 'segment.ms', '6'],
  ]
  assert.deepEqual((await world.alter(resource('topic', 'a', changes))).map(errorName), ['NONE'])
  await world.alter(resource('topic', 'a', [['delete', 'retention.ms']]))
  assert.deepEqual(await world.told('topic', 'a', 'retention.ms'), ['604800000', 5])
  assert.deepEqual(await world.told('topic', 'a', 'segment.ms'), ['6', 1])
})

test('lists are appended to and subtracted from, beginning with the default', async () => {
  await using world = await opened()
  const policy = async (...changes: readonly Change[]) => {
    assert.deepEqual((await world.alter(resource('topic', 'a', changes))).map(errorName), ['NONE'])
    return (await world.told('topic', 'a', 'cleanup.policy'))[0]
  }
  assert.equal(await policy(['append', 'cleanup.policy', 'compact,compact']), 'delete,compact')
  assert.equal(await policy(['append', 'cleanup.policy', 'compact']), 'delete,compact')
  assert.equal(await policy(['subtract', 'cleanup.policy', 'delete']), 'compact')
  assert.equal(await policy(['subtract', 'cleanup.policy', 'delete']), 'compact')
})

test('a change acts at once', async () => {
  await using world = await opened()
  await world.alter(resource('topic', 'a', [['set', 'max.message.bytes', '100']]))
  assert.equal(errorName(await world.served.write('a', ['x'.repeat(200)])), 'MESSAGE_TOO_LARGE')
  await world.alter(resource('topic', 'a', [['delete', 'max.message.bytes']]))
  assert.equal(errorName(await world.served.write('a', ['x'.repeat(200)])), 'NONE')
  await world.alter(resource('broker', '', [['set', 'message.max.bytes', '100']]))
  assert.equal(errorName(await world.served.write('a', ['x'.repeat(200)])), 'MESSAGE_TOO_LARGE')
})

test('what was altered is there after a restart, for topics, brokers and groups', async t => {
  const dataDir = await temporaryFolder(t)
  const wanted = [
    ['topic', 'a', 'retention.ms', '5', 1],
    ['broker', '', 'log.cleaner.backoff.ms', '77', 3],
    ['broker', '0', 'log.cleaner.threads', '3', 2],
    ['group', 'readers', 'consumer.session.timeout.ms', '50000', 8],
  ] as const
  {
    await using world = await opened({ dataDir })
    const answers = await world.alter(
      ...wanted.map(([type, name, key, value]) => resource(type, name, [['set', key, value]])),
    )
    assert.deepEqual(
      answers.map(errorName),
      wanted.map(() => 'NONE'),
    )
  }
  await using world = await opened({ dataDir })
  for (const [type, name, key, value, source] of wanted) {
    assert.deepEqual(await world.told(type, name, key), [value, source], key)
  }
  assert.deepEqual(await world.told('broker', '0', 'log.cleaner.backoff.ms'), ['77', 3])
})

const refusals: readonly (readonly [string, Parameters<typeof resource>, string])[] = [
  [
    'a topic that there is not',
    ['topic', 'nope', [['set', 'retention.ms', '5']]],
    'UNKNOWN_TOPIC_OR_PARTITION',
  ],
  [
    'a name that no topic may have',
    ['topic', 'a b', [['set', 'retention.ms', '5']]],
    'INVALID_TOPIC_EXCEPTION',
  ],
  ['all topics at once', ['topic', '', [['set', 'retention.ms', '5']]], 'INVALID_REQUEST'],
  [
    'a group without a name',
    ['group', '', [['set', 'consumer.session.timeout.ms', '50000']]],
    'INVALID_REQUEST',
  ],
  ['another node', ['broker', '7', [['set', 'log.cleaner.threads', '2']]], 'INVALID_REQUEST'],
  ['a setting that there is not', ['topic', 'a', [['set', 'no.such', '5']]], 'INVALID_CONFIG'],
  ['a bad value', ['topic', 'a', [['set', 'retention.ms', 'long']]], 'INVALID_CONFIG'],
  ['no value', ['topic', 'a', [['set', 'retention.ms']]], 'INVALID_REQUEST'],
  [
    'one setting twice',
    [
      'topic',
      'a',
      [
        ['set', 'retention.ms', '5'],
        ['delete', 'retention.ms'],
      ],
    ],
    'INVALID_REQUEST',
  ],
  ['appending to what is no list', ['topic', 'a', [['append', 'retention.ms', '5']]], 'INVALID_CONFIG'],
  [
    'settings that do not go together',
    [
      'topic',
      'a',
      [
        ['set', 'min.compaction.lag.ms', '9'],
        ['set', 'max.compaction.lag.ms', '5'],
      ],
    ],
    'INVALID_CONFIG',
  ],
  [
    'what is beyond the limits for groups',
    ['group', 'readers', [['set', 'consumer.session.timeout.ms', '1']]],
    'INVALID_CONFIG',
  ],
  ['a bad value of a broker', ['broker', '0', [['set', 'log.cleaner.threads', 'x']]], 'INVALID_REQUEST'],
  ['what cannot change at run time', ['broker', '0', [['set', 'num.partitions', '5']]], 'INVALID_REQUEST'],
  [
    'for all brokers what each has for itself',
    ['broker', '', [['set', 'listeners', 'PLAINTEXT://:1']]],
    'INVALID_REQUEST',
  ],
]

for (const [what, wanted, name] of refusals) {
  test(`${what} is refused with ${name}`, async () => {
    await using world = await opened()
    assert.deepEqual((await world.alter(resource(...wanted))).map(errorName), [name])
  })
}

test('either all changes of a resource are made or none', async () => {
  await using world = await opened()
  const changes: Change[] = [
    ['set', 'segment.ms', '6'],
    ['set', 'retention.ms', 'long'],
  ]
  const other = resource('group', 'readers', [['set', 'consumer.heartbeat.interval.ms', '6000']])
  assert.deepEqual((await world.alter(resource('topic', 'a', changes), other)).map(errorName), [
    'INVALID_CONFIG',
    'NONE',
  ])
  assert.deepEqual(await world.told('topic', 'a', 'segment.ms'), ['604800000', 5])
  assert.deepEqual(await world.told('group', 'readers', 'consumer.heartbeat.interval.ms'), ['6000', 8])
})

test('a resource that a request names twice stays as it is', async () => {
  await using world = await opened()
  const [first, second] = [resource('topic', 'a', [['set', 'segment.ms', '6']]), resource('topic', 'a', [])]
  assert.deepEqual((await world.alter(first, second)).map(errorName), ['INVALID_REQUEST', 'INVALID_REQUEST'])
  assert.deepEqual(await world.told('topic', 'a', 'segment.ms'), ['604800000', 5])
})

test('what is only to be checked stays as it is', async () => {
  await using world = await opened()
  const resources = [resource('topic', 'a', [['set', 'segment.ms', '6']])]
  const { responses } = await world.served.ask(incrementalAlterConfigs, 1, { resources, validateOnly: true })
  assert.deepEqual(responses.map(errorName), ['NONE'])
  assert.deepEqual(await world.told('topic', 'a', 'segment.ms'), ['604800000', 5])
})

test('a broker keeps a setting that it does not know, and shows its value to no client', async () => {
  await using world = await opened()
  const answers = await world.alter(resource('broker', '0', [['set', 'some.plugin.token', 'secret']]))
  assert.deepEqual(answers.map(errorName), ['NONE'])
  assert.deepEqual(await world.told('broker', '0', 'some.plugin.token'), [null, 2])
})

test('two clients that append to one list at the same time both succeed', async () => {
  await using world = await opened()
  const key = 'leader.replication.throttled.replicas'
  const other = await RawClient.connect(world.served.port)
  const ask = (value: string) => ({
    resources: [resource('topic', 'a', [['append', key, value]])],
    validateOnly: false,
  })
  await Promise.all([
    world.served.ask(incrementalAlterConfigs, 1, ask('0:0')),
    other.ask(incrementalAlterConfigs, 1, ask('1:0')),
  ])
  const [value] = await world.told('topic', 'a', key)
  assert.deepEqual(value?.split(',').sort(), ['0:0', '1:0'])
  other.destroy()
})
