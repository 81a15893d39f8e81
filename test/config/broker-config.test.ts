import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig } from '../../src/config/broker-config.js'

const started = (given: Readonly<Record<string, string>>, parity = false) =>
  new BrokerConfig(new Map(Object.entries(given)), parity)

const none = new Map<string, string>()

test('what was changed for one broker wins over all brokers, over the start, over the default', () => {
  const name = 'log.cleaner.threads'
  const config = started({})
  assert.equal(config.number(name), 1)
  const given = started({ [name]: '2' })
  assert.equal(given.number(name), 2)
  given.setDynamic(new Map([[name, '3']]), none)
  assert.equal(given.number(name), 3)
  given.setDynamic(new Map([[name, '3']]), new Map([[name, '4']]))
  assert.equal(given.number(name), 4)
  given.setDynamic(none, none)
  assert.equal(given.number(name), 2)
})

const hourMs = 3_600_000n
const retentions: readonly (readonly [Readonly<Record<string, string>>, bigint])[] = [
  [{}, 168n * hourMs],
  [{ 'log.retention.hours': '2' }, 2n * hourMs],
  [{ 'log.retention.hours': '2', 'log.retention.minutes': '3' }, 180_000n],
  [{ 'log.retention.hours': '2', 'log.retention.minutes': '3', 'log.retention.ms': '4' }, 4n],
  [{ 'log.retention.hours': '-1' }, -1n],
  [{ 'log.retention.ms': '-1' }, -1n],
]

for (const [given, expected] of retentions) {
  test(`a topic of a broker with ${JSON.stringify(given)} keeps its records for ${expected} ms`, () => {
    assert.equal(started(given).topicSettings(none).retentionMs, expected)
  })
}

test('a topic has its own value, or that of the broker in the broker’s unit', () => {
  const config = started({
    'log.roll.hours': '2',
    'log.segment.bytes': ' 2000000 ',
    'log.roll.jitter.ms': '5',
  })
  const settings = config.topicSettings(new Map([['max.message.bytes', '7']]))
  assert.equal(settings.segmentMs, 2n * hourMs)
  assert.equal(settings.segmentBytes, 2_000_000)
  assert.equal(settings.segmentJitterMs, 5n)
  assert.equal(settings.maxMessageBytes, 7)
})

test('a broker setting that is changed at run time is at once what its topics go by', () => {
  const config = started({ 'log.retention.hours': '2' })
  config.setDynamic(new Map([['log.retention.ms', '9']]), none)
  assert.equal(config.topicSettings(none).retentionMs, 9n)
})

test('log.dirs wins over log.dir', () => {
  assert.equal(started({ 'log.dir': '/a' }).optionalString('log.dirs'), '/a')
  assert.equal(started({ 'log.dir': '/a', 'log.dirs': '/b' }).optionalString('log.dirs'), '/b')
})

test('with parity a setting has Kafka’s default, unless it was given', () => {
  const name = 'group.initial.rebalance.delay.ms'
  assert.equal(started({}).number(name), 0)
  assert.equal(started({}, true).number(name), 3000)
  assert.equal(started({ [name]: '5' }, true).number(name), 5)
})

test('a broker does not start with a value that it cannot have, but with names that it does not know', () => {
  assert.throws(() => started({ 'num.partitions': '0' }), { errorName: 'INVALID_CONFIG' })
  started({ 'confluent.support.metrics.enable': 'maybe' })
})

test('asking for a setting that there is not is a bug', () => {
  assert.throws(() => started({}).number('num.partition'), RangeError)
})
