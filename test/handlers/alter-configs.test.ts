import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alterConfigs } from '../../src/wire/apis/alter-configs.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const topic = 2

async function opened() {
  const served = await ServedBroker.open()
  await served.create('a', { 'retention.ms': '5', 'segment.ms': '6' })
  const alter = async (configs: readonly (readonly [string, string | null])[], validateOnly = false) => {
    const resource = {
      resourceType: topic,
      resourceName: 'a',
      configs: configs.map(([name, value]) => ({ name, value })),
    }
    const { responses } = await served.ask(alterConfigs, 2, { resources: [resource], validateOnly })
    return errorName(responses[0])
  }
  /** The values that are set for the topic itself. */
  const own = async () => {
    const { results } = await served.ask(describeConfigs, 4, {
      resources: [{ resourceType: topic, resourceName: 'a', configurationKeys: null }],
    })
    const set = results[0]?.configs.filter(config => config.configSource === 1) ?? []
    return Object.fromEntries(set.map(({ name, value }) => [name, value]))
  }
  return { served, alter, own, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('what is listed replaces all that was set before', async () => {
  await using world = await opened()
  assert.equal(await world.alter([['segment.ms', '7']]), 'NONE')
  assert.deepEqual(await world.own(), { 'segment.ms': '7' })
  assert.equal(await world.alter([]), 'NONE')
  assert.deepEqual(await world.own(), {})
})

test('what is wrong or only to be checked leaves everything as it was', async () => {
  await using world = await opened()
  assert.equal(await world.alter([['segment.ms', '7']], true), 'NONE')
  assert.equal(
    await world.alter([
      ['segment.ms', '7'],
      ['retention.ms', 'long'],
    ]),
    'INVALID_CONFIG',
  )
  assert.equal(await world.alter([['segment.ms', null]]), 'INVALID_REQUEST')
  assert.equal(
    await world.alter([
      ['segment.ms', '7'],
      ['segment.ms', '8'],
    ]),
    'INVALID_REQUEST',
  )
  assert.deepEqual(await world.own(), { 'retention.ms': '5', 'segment.ms': '6' })
})

test('a setting that goes is no reason to refuse one that goes together with its default only', async () => {
  await using world = await opened()
  assert.equal(
    await world.alter([
      ['max.compaction.lag.ms', '10'],
      ['min.compaction.lag.ms', '9'],
    ]),
    'NONE',
  )
  assert.equal(await world.alter([['min.compaction.lag.ms', '11']]), 'NONE')
  assert.deepEqual(await world.own(), { 'min.compaction.lag.ms': '11' })
})

test('very many settings that there are not are refused, and change nothing', async () => {
  await using world = await opened()
  const strange = Array.from({ length: 20_000 }, (_, i) => [`no.setting.${i}`, '1'] as const)
  for (const validateOnly of [false, true]) {
    assert.equal(await world.alter([['segment.ms', '7'], ...strange], validateOnly), 'INVALID_CONFIG')
  }
  const resource = {
    resourceType: 4,
    resourceName: '0',
    configs: strange.map(([name, value]) => ({ name, value })),
  }
  const { responses } = await world.served.ask(alterConfigs, 2, {
    resources: [resource],
    validateOnly: false,
  })
  assert.equal(errorName(responses[0]), 'UNKNOWN_SERVER_ERROR')
  assert.deepEqual(await world.own(), { 'retention.ms': '5', 'segment.ms': '6' })
})
