import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { BrokerOptions } from '../../src/index.js'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { getTelemetrySubscriptions } from '../../src/wire/apis/get-telemetry-subscriptions.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { listConfigResources } from '../../src/wire/apis/list-config-resources.js'
import { pushTelemetry } from '../../src/wire/apis/push-telemetry.js'
import { errorName } from '../support/error-name.js'
import { temporaryFolder } from '../support/folder.js'
import { ServedBroker } from '../support/served-broker.js'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const reservedId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const clientMetrics = 16
const [set, remove, append] = [0, 1, 2]

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open(options)
  const ask = (clientInstanceId: string) => served.ask(getTelemetrySubscriptions, 0, { clientInstanceId })
  const alter = async (
    resourceName: string,
    name: string,
    value: string | null,
    operation = value === null ? remove : set,
  ) => {
    const configs = [{ name, configOperation: operation, value }]
    const resources = [{ resourceType: clientMetrics, resourceName, configs }]
    const { responses } = await served.ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    return [errorName(responses[0]), responses[0]?.errorMessage ?? null]
  }
  const told = async (resourceName: string) => {
    const resources = [{ resourceType: clientMetrics, resourceName }]
    const { results } = await served.ask(describeConfigs, 4, { resources, includeSynonyms: true })
    return results[0]?.configs.map(({ name, value, configSource }) => [name, value, configSource])
  }
  const listed = async () =>
    (await served.ask(listConfigResources, 0, {})).configResources.map(({ resourceName }) => resourceName)
  return { served, ask, alter, told, listed, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('a client without an id gets one, and is told what the subscriptions want of it', async () => {
  await using world = await opened()
  const first = await world.ask(noId)
  assert.deepEqual([errorName(first), first.requestedMetrics, first.pushIntervalMs], ['NONE', [], 300_000])
  assert.notEqual(first.clientInstanceId, noId)
  assert.notEqual((await world.ask(noId)).clientInstanceId, first.clientInstanceId)
  assert.equal(errorName(await world.ask(first.clientInstanceId)), 'THROTTLING_QUOTA_EXCEEDED')
  await world.alter('mine', 'metrics', 'a,b')
  await world.alter('mine', 'match', 'client_id=raw,client_software_name=unknown,client_source_address=127.*')
  await world.alter('others', 'metrics', '*')
  await world.alter('others', 'match', 'client_software_name=java')
  const { clientInstanceId, requestedMetrics } = await world.ask(first.clientInstanceId)
  assert.deepEqual([clientInstanceId, requestedMetrics], [first.clientInstanceId, ['a', 'b']])
  await world.served.ask(apiVersions, 3, { clientSoftwareName: 'java', clientSoftwareVersion: '1' })
  assert.deepEqual((await world.ask(noId)).requestedMetrics, ['*'])
})

test('no client is told of these APIs, since nobody looks at its metrics', async () => {
  await using world = await opened()
  const software = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' }
  const { apiKeys } = await world.served.ask(apiVersions, 4, software)
  const keys = apiKeys.map(({ apiKey }) => apiKey)
  assert.deepEqual(
    [keys.includes(getTelemetrySubscriptions.key), keys.includes(pushTelemetry.key)],
    [false, false],
  )
  assert.ok(keys.includes(listConfigResources.key))
})

test('a push is checked, and its metrics have to be readable', async () => {
  await using world = await opened()
  const push = async (
    clientInstanceId: string,
    subscriptionId: number,
    compressionType: number,
    metrics: Buffer,
  ) =>
    errorName(
      await world.served.ask(pushTelemetry, 0, {
        ...{ clientInstanceId, subscriptionId, terminating: false, compressionType, metrics },
      }),
    )
  const pushed = async (compressionType: number, metrics: Buffer) => {
    const { clientInstanceId, subscriptionId } = await world.ask(noId)
    return push(clientInstanceId, subscriptionId, compressionType, metrics)
  }
  assert.equal(await pushed(0, Buffer.from('metrics')), 'NONE')
  assert.equal(await pushed(1, gzipSync('metrics')), 'NONE')
  assert.equal(await pushed(4, Buffer.alloc(0)), 'NONE')
  assert.equal(await pushed(4, Buffer.from('metrics')), 'INVALID_RECORD')
  assert.equal(await pushed(1, gzipSync(Buffer.alloc(2_000_000))), 'INVALID_RECORD')
  assert.equal(await pushed(0, Buffer.alloc(1_048_577)), 'TELEMETRY_TOO_LARGE')
  assert.equal(await push(noId, 0, 0, Buffer.alloc(0)), 'INVALID_REQUEST')
  assert.equal(await push(reservedId, 0, 0, Buffer.alloc(0)), 'INVALID_REQUEST')
})

test('a subscription is described and listed while something is set for it, also after a restart', async t => {
  const dataDir = await temporaryFolder(t)
  {
    await using world = await opened({ dataDir })
    assert.deepEqual(await world.listed(), [])
    await world.alter('mine', 'metrics', 'a, b')
    await world.alter('other', 'interval.ms', '100')
    await world.alter('other', 'interval.ms', null)
  }
  await using world = await opened({ dataDir })
  assert.deepEqual(await world.listed(), ['mine'])
  assert.deepEqual(await world.told('mine'), [
    ['interval.ms', '300000', 5],
    ['match', '', 5],
    ['metrics', 'a,b', 7],
  ])
  await world.alter('mine', 'metrics', null)
  assert.deepEqual(await world.listed(), [])
})

const refusals: readonly (readonly [key: string, value: string, error: string, message: RegExp])[] = [
  ['retention.ms', '5', 'INVALID_REQUEST', /^Unknown client metrics configuration: retention\.ms$/],
  ['interval.ms', 'soon', 'INVALID_CONFIG', /interval\.ms/],
  ['interval.ms', '99', 'INVALID_REQUEST', /interval must be between 100 and 3600000 \(1 hour\)$/],
  ['interval.ms', '3600001', 'INVALID_REQUEST', /interval must be between/],
  ['match', 'client=x', 'INVALID_CONFIG', /^Illegal client matching pattern: client=x$/],
]

for (const [key, value, error, message] of refusals) {
  test(`${key}=${value} is refused`, async () => {
    await using world = await opened()
    const [name, said] = await world.alter('mine', key, value)
    assert.equal(name, error)
    assert.match(said ?? '', message)
    assert.deepEqual(await world.listed(), [])
  })
}

test('a subscription has a name, and its lists are set as a whole', async () => {
  await using world = await opened()
  assert.deepEqual(await world.alter('', 'metrics', 'a'), [
    'INVALID_REQUEST',
    "Subscription name can't be empty",
  ])
  assert.equal((await world.alter('mine', 'metrics', 'a', append))[0], 'INVALID_CONFIG')
})
