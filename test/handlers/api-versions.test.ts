import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handlerOf } from '../../src/dispatch/served-apis.js'
import type { BrokerOptions } from '../../src/index.js'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { apis } from '../../src/wire/apis/index.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const client = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' }

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open(options)
  const ask = (version: number, request = {}) => served.ask(apiVersions, version, { ...client, ...request })
  return { served, ask, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

/** Kafka serves these and does not list them, where no plugin takes metrics of clients. */
const unlisted = [71, 72]

test('every API that is declared is served, and what is listed has a handler', async () => {
  await using world = await opened()
  const { apiKeys } = await world.ask(4)
  assert.deepEqual(
    apiKeys.map(each => each.apiKey),
    apis.map(api => api.key).filter(key => !unlisted.includes(key)),
  )
  for (const { key } of apis) assert.ok(handlerOf(key), `API ${key}`)
  for (const { apiKey, minVersion, maxVersion } of apiKeys) {
    const versions = handlerOf(apiKey)?.api.versions ?? [1, 0]
    assert.ok(minVersion === 0 || minVersion === versions[0], `API ${apiKey}`)
    assert.ok(maxVersion >= minVersion && maxVersion <= versions[1], `API ${apiKey}`)
  }
})

test('Produce is listed from version 0 on, without which old librdkafka would not use it at all', async () => {
  await using world = await opened()
  const { apiKeys } = await world.ask(0)
  assert.equal(apiKeys.find(each => each.apiKey === 0)?.minVersion, 0)
})

test('a version that is not there is answered in version 0 with the whole list', async () => {
  await using world = await opened()
  const { apiKeys } = await world.ask(0)
  const frame = Buffer.from('0012007f00000007ffff00', 'hex') // ApiVersions, version 127, correlation id 7
  world.served.client.send(frame)
  const answer = (await world.served.client.frame()) as Buffer
  assert.equal(answer.readInt32BE(0), 7)
  assert.equal(answer.readInt16BE(4), 35)
  assert.equal(answer.readInt32BE(6), apiKeys.length)
  assert.equal(answer.length, 10 + 6 * apiKeys.length)
})

test('features are listed from version 3 on, one that may be off altogether from version 4 on', async () => {
  await using world = await opened()
  const supported = async (version: number) =>
    (await world.ask(version)).supportedFeatures.map(({ name, minVersion }) => [name, minVersion])
  assert.deepEqual(await supported(2), [])
  assert.deepEqual(await supported(3), [['metadata.version', 7]])
  assert.deepEqual(await supported(4), [
    ['metadata.version', 7],
    ['kraft.version', 0],
    ['group.version', 0],
    ['transaction.version', 0],
    ['eligible.leader.replicas.version', 0],
  ])
  const { finalizedFeatures } = await world.ask(3)
  assert.ok(finalizedFeatures.some(each => each.name === 'group.version' && each.maxVersionLevel === 1))
})

test('names of clients are letters, digits, dots and dashes', async () => {
  await using world = await opened()
  for (const name of ['', 'a b', '-a', 'a-', 'ü']) {
    const answer = await world.ask(3, { clientSoftwareName: name })
    assert.deepEqual([errorName(answer), answer.apiKeys], ['INVALID_REQUEST', []], name)
  }
  assert.equal(errorName(await world.ask(3, { clientSoftwareName: 'a.b-c1' })), 'NONE')
})

test('a client that reached another node or cluster than it meant gets REBOOTSTRAP_REQUIRED', async () => {
  await using world = await opened({ brokers: 2 })
  const { clusterId } = world.served.broker
  const named = async (request: { clusterId: string | null; nodeId: number }) =>
    errorName(await world.ask(5, request))
  assert.equal(await named({ clusterId, nodeId: 0 }), 'NONE')
  assert.equal(await named({ clusterId: null, nodeId: -1 }), 'NONE')
  assert.equal(await named({ clusterId, nodeId: 1 }), 'REBOOTSTRAP_REQUIRED')
  assert.equal(await named({ clusterId: 'another', nodeId: 0 }), 'REBOOTSTRAP_REQUIRED')
  assert.equal(await named({ clusterId: null, nodeId: 0 }), 'INVALID_REQUEST')
})
