import assert from 'node:assert/strict'
import { test } from 'node:test'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { listConfigResources } from '../../src/wire/apis/list-config-resources.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const [topic, broker, logger, metrics, group] = [2, 4, 8, 16, 32] as const

test('resources are listed by type, all of them where no type is asked for', async () => {
  await using served = await ServedBroker.open({ brokers: 2, topics: ['a', 'b'] })
  const list = async (resourceTypes: readonly number[]) => {
    const answer = await served.ask(listConfigResources, 1, { resourceTypes })
    assert.equal(errorName(answer), 'NONE')
    return answer.configResources.map(each => `${each.resourceType} ${each.resourceName}`)
  }
  assert.deepEqual(await list([topic]), ['2 a', '2 b'])
  assert.deepEqual(await list([broker, logger]), ['4 0', '4 1', '8 0', '8 1'])
  assert.deepEqual(await list([metrics]), [])
  assert.deepEqual((await list([])).sort(), ['2 a', '2 b', '4 0', '4 1', '8 0', '8 1'])
})

test('a group is listed while something is set for it', async () => {
  await using served = await ServedBroker.open()
  const alter = (configOperation: number, value: string | null) =>
    served.ask(incrementalAlterConfigs, 1, {
      resources: [
        {
          resourceType: group,
          resourceName: 'readers',
          configs: [{ name: 'consumer.session.timeout.ms', configOperation, value }],
        },
      ],
      validateOnly: false,
    })
  const groups = async () =>
    (await served.ask(listConfigResources, 1, { resourceTypes: [group] })).configResources.map(
      each => each.resourceName,
    )
  assert.deepEqual(await groups(), [])
  await alter(0, '50000')
  assert.deepEqual(await groups(), ['readers'])
  await alter(1, null)
  assert.deepEqual(await groups(), [])
})

test('a type that there is not is refused, and version 0 knows only client metrics', async () => {
  await using served = await ServedBroker.open({ topics: ['a'] })
  const unknown = await served.ask(listConfigResources, 1, { resourceTypes: [99] })
  assert.equal(errorName(unknown), 'UNSUPPORTED_VERSION')
  const { errorCode, configResources } = await served.ask(listConfigResources, 0, {})
  assert.deepEqual([errorCode, configResources], [0, []])
})
