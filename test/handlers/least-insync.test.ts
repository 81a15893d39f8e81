import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerOptions } from '../../src/index.js'
import { alterConfigs } from '../../src/wire/apis/alter-configs.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { updateFeatures } from '../../src/wire/apis/update-features.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const key = 'min.insync.replicas'
const [topic, broker] = [2, 4]
const [set, remove] = [0, 1]

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open({ topics: ['a'], ...options })
  const alter = async (resourceName: string, configOperation: number, value: string | null) => {
    const resources = [
      { resourceType: broker, resourceName, configs: [{ name: key, configOperation, value }] },
    ]
    const { responses } = await served.ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    return [errorName(responses[0]), responses[0]?.errorMessage ?? null]
  }
  const replace = async (configs: Readonly<Record<string, string>>) => {
    const named = Object.entries(configs).map(([name, value]) => ({ name, value }))
    const resources = [{ resourceType: broker, resourceName: '', configs: named }]
    const { responses } = await served.ask(alterConfigs, 2, { resources, validateOnly: false })
    return errorName(responses[0])
  }
  const told = async (resourceType: number, resourceName: string) => {
    const resources = [{ resourceType, resourceName, configurationKeys: [key] }]
    const { results } = await served.ask(describeConfigs, 4, { resources, includeSynonyms: true })
    const config = results[0]?.configs[0]
    return [config?.value, config?.configSource, config?.synonyms.map(({ source }) => source)]
  }
  return { served, alter, replace, told, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('a new cluster keeps the least number of replicas in sync as a setting of all brokers', async () => {
  await using world = await opened()
  assert.deepEqual(await world.told(topic, 'a'), ['1', 3, [3, 5]])
  assert.deepEqual(await world.told(broker, '0'), ['1', 3, [3, 5]])
  assert.deepEqual(await world.told(broker, ''), ['1', 3, [3]])
})

test('the number that a new cluster keeps is the one that it was started with', async () => {
  await using world = await opened({ set: { [key]: 2 } })
  assert.deepEqual(await world.told(topic, 'a'), ['2', 3, [3, 4, 5]])
})

test('the number changes for all brokers, and is neither removed nor changed for one', async () => {
  await using world = await opened()
  const brokerLevel = `Broker-level ${key} cannot be altered while ELR is enabled.`
  assert.deepEqual(await world.alter('0', set, '2'), ['INVALID_CONFIG', brokerLevel])
  assert.deepEqual(await world.alter('0', remove, null), ['INVALID_CONFIG', brokerLevel])
  assert.deepEqual(await world.alter('', remove, null), [
    'INVALID_CONFIG',
    `Cluster-level ${key} cannot be removed while ELR is enabled.`,
  ])
  assert.deepEqual(await world.told(topic, 'a'), ['1', 3, [3, 5]])
  assert.deepEqual(await world.alter('', set, '3'), ['NONE', null])
  assert.deepEqual(await world.told(topic, 'a'), ['3', 3, [3, 5]])
})

test('AlterConfigs of all brokers has to name the number, since it removes what it does not name', async () => {
  await using world = await opened()
  assert.equal(await world.replace({ 'log.cleaner.backoff.ms': '77' }), 'INVALID_CONFIG')
  assert.equal(await world.replace({ 'log.cleaner.backoff.ms': '77', [key]: '2' }), 'NONE')
  assert.deepEqual(await world.told(topic, 'a'), ['2', 3, [3, 5]])
})

test('without eligible leader replicas the number is a setting like any other', async () => {
  await using world = await opened()
  const off = { feature: 'eligible.leader.replicas.version', maxVersionLevel: 0, upgradeType: 2 }
  await world.served.ask(updateFeatures, 1, { featureUpdates: [off] })
  assert.deepEqual(await world.told(topic, 'a'), ['1', 3, [3, 5]])
  assert.deepEqual(await world.alter('', remove, null), ['NONE', null])
  assert.deepEqual(await world.told(topic, 'a'), ['1', 5, [5]])
  assert.deepEqual(await world.alter('0', set, '2'), ['NONE', null])
  assert.deepEqual(await world.told(topic, 'a'), ['2', 2, [2, 5]])
})
