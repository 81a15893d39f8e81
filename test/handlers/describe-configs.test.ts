import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingsOf } from '../../src/config/broker-config.js'
import type { BrokerOptions } from '../../src/index.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const [topic, broker, logger, metrics, group] = [2, 4, 8, 16, 32]

interface Wish {
  readonly version?: number
  readonly keys?: readonly string[] | null
  readonly includeSynonyms?: boolean
  readonly includeDocumentation?: boolean
}

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open({ topics: ['a'], ...options })
  const describe = async (resourceType: number, resourceName: string, wish: Wish = {}) => {
    const { version = 4, keys = null, includeSynonyms = true, includeDocumentation = false } = wish
    const { results } = await served.ask(describeConfigs, version, {
      resources: [{ resourceType, resourceName, configurationKeys: keys }],
      includeSynonyms,
      ...(includeDocumentation ? { includeDocumentation } : {}),
    })
    if (!results[0]) throw new Error('nothing was answered about the resource')
    return results[0]
  }
  return { served, describe, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('every setting of a topic, broker and group is listed', async () => {
  await using world = await opened()
  for (const [type, scope, name] of [
    [topic, 'topic', 'a'],
    [broker, 'broker', '0'],
    [group, 'group', 'readers'],
  ] as const) {
    const { configs, errorCode } = await world.describe(type as number, name)
    assert.equal(errorCode, 0)
    const told = new Set(configs.map(config => config.name))
    for (const setting of settingsOf(scope)) assert.ok(told.has(setting.name), setting.name)
  }
})

test('cleanup.policy is written as Connect checks it', async () => {
  await using world = await opened()
  await world.served.create('b', { 'cleanup.policy': 'compact' })
  const { configs } = await world.describe(topic as number, 'b', { keys: ['cleanup.policy'] })
  assert.deepEqual(configs, [
    {
      name: 'cleanup.policy',
      value: 'compact',
      readOnly: false,
      configSource: 1,
      isSensitive: false,
      synonyms: [
        { name: 'cleanup.policy', value: 'compact', source: 1 },
        { name: 'log.cleanup.policy', value: 'delete', source: 5 },
      ],
      configType: 7,
      documentation: null,
    },
  ])
})

test('only the settings asked for are listed, and none where none of them is known', async () => {
  await using world = await opened()
  const names = async (keys: readonly string[]) =>
    (await world.describe(topic as number, 'a', { keys })).configs.map(config => config.name)
  assert.deepEqual(await names(['retention.ms', 'no.such', 'segment.ms']), ['retention.ms', 'segment.ms'])
  assert.deepEqual(await names(['no.such']), [])
})

test('synonyms and documentation come where they were asked for', async () => {
  await using world = await opened()
  const told = async (wish: Wish) =>
    (await world.describe(topic as number, 'a', { keys: ['retention.bytes'], ...wish })).configs[0]
  const without = await told({ includeSynonyms: false })
  assert.deepEqual([without?.synonyms, without?.documentation], [[], null])
  const full = await told({ includeDocumentation: true })
  assert.deepEqual(full?.synonyms, [{ name: 'log.retention.bytes', value: '-1', source: 5 }])
  assert.match(full?.documentation ?? '', /oldest segments/)
})

test('a broker tells what it was started with, and which of it cannot change', async () => {
  await using world = await opened({ set: { 'num.partitions': 7, 'log.cleaner.threads': 2 } })
  const keys = ['num.partitions', 'log.cleaner.threads']
  const { configs } = await world.describe(broker as number, '0', { keys })
  assert.deepEqual(
    configs.map(({ name, value, configSource, readOnly }) => [name, value, configSource, readOnly]),
    [
      ['log.cleaner.threads', '2', 4, false],
      ['num.partitions', '7', 4, true],
    ],
  )
})

test('passwords are shown to no client', async () => {
  await using world = await opened({ set: { 'ssl.key.password': 'secret' } })
  const { configs } = await world.describe(broker as number, '0', { keys: ['ssl.key.password'] })
  assert.deepEqual([configs[0]?.value, configs[0]?.isSensitive], [null, true])
  assert.equal(JSON.stringify(configs).includes('secret'), false)
})

test('each node tells of itself only', async () => {
  await using world = await opened({ brokers: 2 })
  assert.equal(errorName(await world.describe(broker as number, '0')), 'NONE')
  assert.equal(errorName(await world.describe(broker as number, '1')), 'INVALID_REQUEST')
})

test('a resource that cannot be described says why, and the others are described', async () => {
  await using world = await opened()
  const wrong = [
    [topic, 'nope', 'UNKNOWN_TOPIC_OR_PARTITION'],
    [topic, 'a b', 'INVALID_TOPIC_EXCEPTION'],
    [broker, '7', 'INVALID_REQUEST'],
    [broker, 'first', 'INVALID_REQUEST'],
    [group, '', 'INVALID_REQUEST'],
    [metrics, '', 'INVALID_REQUEST'],
    [99, 'x', 'INVALID_REQUEST'],
  ] as const
  const resources = [...wrong, [topic, 'a', 'NONE'] as const].map(([resourceType, resourceName]) => ({
    resourceType: resourceType as number,
    resourceName,
  }))
  const { results } = await world.served.ask(describeConfigs, 4, { resources })
  assert.deepEqual(results.map(errorName), [...wrong.map(([, , name]) => name), 'NONE'])
  assert.ok(results.at(-1)?.configs.length)
})

test('there is one logger, and its level is OFF where nothing is logged', async () => {
  await using world = await opened()
  const { errorCode, configs } = await world.describe(logger as number, '0')
  assert.deepEqual([errorCode, configs?.map(({ name, value }) => [name, value])], [0, [['root', 'OFF']]])
})

test('of very many keys those that are settings are listed', async () => {
  await using world = await opened()
  const strange = Array.from({ length: 20_000 }, (_, i) => `no.setting.${i}`)
  const { configs } = await world.describe(topic, 'a', { keys: [...strange, 'retention.ms', 'segment.ms'] })
  assert.deepEqual(configs.map(({ name }) => name).sort(), ['retention.ms', 'segment.ms'])
  assert.deepEqual((await world.describe(topic, 'a', { keys: strange })).configs, [])
})
