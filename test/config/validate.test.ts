import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig } from '../../src/config/broker-config.js'
import type { Scope } from '../../src/config/setting.js'
import { settingFacts, valueFacts } from './upstream-settings.js'

const config = new BrokerConfig()

function complaint(scope: Scope, name: string, value: string): string | null {
  try {
    config.validate(scope, name, value)
    return null
  } catch (thrown) {
    assert.equal((thrown as { errorName?: string }).errorName, 'INVALID_CONFIG')
    return (thrown as Error).message
  }
}

/** Classes cannot be loaded here and quorums of controllers cannot be joined: these have no effect, whatever they say. */
const unchecked = new Set(['broker/controller.quorum.bootstrap.servers', 'broker/controller.quorum.voters'])
for (const { scope, name, type } of settingFacts) if (type === 'CLASS') unchecked.add(`${scope}/${name}`)

test('every setting accepts the values that Kafka accepts, and no others', () => {
  for (const { values, of } of valueFacts.accepted) {
    for (const setting of of.filter(each => !unchecked.has(each))) {
      const [scope, name] = setting.split('/') as [Scope, string]
      const accepted = valueFacts.tried.filter(value => complaint(scope, name, value) === null)
      assert.deepEqual(accepted, values, setting)
    }
  }
})

test('every default is valid', () => {
  for (const { scope, name, default: value } of settingFacts) {
    if (value !== null) assert.equal(complaint(scope, name, value), null)
  }
})

test('a duration of share.auto.offset.reset is read as Java reads it', () => {
  const valid = (value: string) =>
    complaint('group', 'share.auto.offset.reset', `by_duration:${value}`) === null
  for (const duration of ['P1D', 'PT1H', 'P2DT3H4M5.678S', 'PT0.5S']) assert.equal(valid(duration), true)
  for (const duration of ['', 'P', 'PT', 'P1DT', '1h', '-PT1H', 'PT-1H', 'P1Y'])
    assert.equal(valid(duration), false)
})

test('a refusal names the setting, the value and what is valid', () => {
  const refusals = [
    ['num.partitions', 'many', 'expected a whole number (INT)'],
    ['num.partitions', '0', 'Value must be at least 1'],
    ['num.partitions', '3000000000', 'expected a whole number from -2147483648 to 2147483647 (INT)'],
    ['log.cleaner.min.cleanable.ratio', '1.5', 'Value must be no more than 1'],
    ['auto.create.topics.enable', 'yes', 'expected true or false'],
    ['log.cleanup.policy', 'compact,shred', 'must be one of compact, delete'],
    ['listeners', '', 'it must not be empty'],
  ] as const
  for (const [name, value, why] of refusals) {
    assert.equal(complaint('broker', name, value), `Invalid value ${value} for configuration ${name}: ${why}`)
  }
  assert.equal(complaint('topic', 'no.such', '1'), 'Unknown topic config name: no.such')
})
