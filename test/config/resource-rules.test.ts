import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig } from '../../src/config/broker-config.js'
import { checkOverrides } from '../../src/config/resource-rules.js'

const refusals: readonly (readonly ['topic' | 'group', Readonly<Record<string, string>>, RegExp])[] = [
  ['topic', { 'no.such': '1' }, /Unknown topic config name: no\.such/],
  ['topic', { 'retention.ms': '-2' }, /Value must be at least -1/],
  ['topic', { 'min.compaction.lag.ms': '9', 'max.compaction.lag.ms': '5' }, /\(9\) is greater than .*\(5\)/],
  ['topic', { 'remote.storage.enable': 'TRUE' }, /no tiered storage/],
  ['group', { 'consumer.session.timeout.ms': '1' }, /or equal to group\.consumer\.min\.session\.timeout\.ms/],
  ['group', { 'consumer.session.timeout.ms': '60001' }, /less than .* group\.consumer\.max\.session/],
  ['group', { 'share.delivery.count.limit': '11' }, /group\.share\.max\.delivery\.count\.limit/],
  ['group', { 'streams.num.standby.replicas': '3' }, /group\.streams\.max\.standby\.replicas/],
]

for (const [scope, overrides, message] of refusals) {
  test(`a ${scope} cannot have ${JSON.stringify(overrides)}`, () => {
    const check = () => checkOverrides(scope, new Map(Object.entries(overrides)), new BrokerConfig())
    assert.throws(check, { errorName: 'INVALID_CONFIG', message })
  })
}

test('a group may have what lies between the limits of its broker', () => {
  const limits = new Map([['group.consumer.min.session.timeout.ms', '6000']])
  const overrides = new Map([['consumer.session.timeout.ms', '6000']])
  checkOverrides('group', overrides, new BrokerConfig(limits))
  const slow = new Map([...overrides, ['consumer.heartbeat.interval.ms', '6000']])
  assert.throws(() => checkOverrides('group', slow, new BrokerConfig(limits)), {
    message: 'consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms',
  })
})

test('what is checked together is what the topic has in the end, with its broker’s defaults', () => {
  const config = new BrokerConfig(new Map([['log.cleaner.max.compaction.lag.ms', '5']]))
  assert.throws(() => checkOverrides('topic', new Map([['min.compaction.lag.ms', '9']]), config), {
    errorName: 'INVALID_CONFIG',
  })
  checkOverrides('topic', new Map([['min.compaction.lag.ms', '5']]), config)
})
