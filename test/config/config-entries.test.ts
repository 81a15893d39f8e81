import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig, sources } from '../../src/config/broker-config.js'
import {
  brokerEntries,
  type ConfigEntry,
  entriesForAll,
  entriesWith,
} from '../../src/config/config-entries.js'

const started = (given: Readonly<Record<string, string>> = {}) =>
  new BrokerConfig(new Map(Object.entries(given)))
const none = new Map<string, string>()

const named = (entries: readonly ConfigEntry[], name: string): ConfigEntry =>
  entries.find(entry => entry.name === name) as ConfigEntry

const nameOfSource = new Map<number, string>(Object.entries(sources).map(([name, number]) => [number, name]))

/** `value from source (synonyms)`, as a person reads it. */
function told({ value, source, synonyms }: ConfigEntry): string {
  const beside = synonyms.map(each => `${each.name}=${each.value} ${nameOfSource.get(each.source)}`)
  return `${value} ${nameOfSource.get(source)} (${beside.join(', ')})`
}

test('a broker tells each layer of a setting, the one in force first', () => {
  const config = started({ 'log.cleaner.threads': '2' })
  config.setDynamic(new Map([['log.cleaner.threads', '3']]), new Map([['log.cleaner.threads', '4']]))
  const name = 'log.cleaner.threads'
  assert.equal(
    told(named(brokerEntries(config), name)),
    `4 dynamicBroker (${name}=4 dynamicBroker, ${name}=3 dynamicDefault, ${name}=2 staticBroker, ${name}=1 default)`,
  )
})

test('a broker tells what was set for all brokers by itself, also where it has its own', () => {
  const config = started({ 'num.network.threads': '9' })
  assert.deepEqual(entriesForAll(config), [])
  config.setDynamic(new Map([['log.cleaner.threads', '3']]), new Map([['log.cleaner.threads', '4']]))
  assert.deepEqual(entriesForAll(config).map(told), [
    '3 dynamicDefault (log.cleaner.threads=3 dynamicDefault)',
  ])
})

test('a finer setting that is not set has no value, and the source of the coarser one', () => {
  const entries = brokerEntries(started({ 'log.retention.hours': '2' }))
  assert.equal(
    told(named(entries, 'log.retention.ms')),
    'null staticBroker (log.retention.hours=2 staticBroker, log.retention.hours=168 default)',
  )
})

test('a topic tells its value in its unit, and its broker’s settings in theirs', () => {
  const config = started({ 'log.retention.hours': '2' })
  const inherited = 'log.retention.hours=2 staticBroker, log.retention.hours=168 default'
  const entry = (overrides: ReadonlyMap<string, string>) =>
    named(entriesWith('topic', overrides, config), 'retention.ms')
  assert.equal(told(entry(none)), `7200000 staticBroker (${inherited})`)
  assert.equal(told(entry(new Map([['retention.ms', '5']]))), `5 topic (retention.ms=5 topic, ${inherited})`)
})

test('a topic’s setting that no broker setting stands behind is a default without synonyms', () => {
  const entry = named(entriesWith('topic', none, started()), 'leader.replication.throttled.replicas')
  assert.equal(told(entry), ' default ()')
})

test('a group tells its own settings, those of the broker behind them, and defaults that only groups have', () => {
  const config = started({ 'group.consumer.session.timeout.ms': '50000' })
  const entries = entriesWith('group', new Map([['consumer.session.timeout.ms', '60000']]), config)
  const broker = 'group.consumer.session.timeout.ms'
  assert.equal(
    told(named(entries, 'consumer.session.timeout.ms')),
    `60000 group (consumer.session.timeout.ms=60000 group, ${broker}=50000 staticBroker, ${broker}=45000 default)`,
  )
  assert.equal(
    told(named(entries, 'share.isolation.level')),
    'read_uncommitted default (share.isolation.level=read_uncommitted default)',
  )
})

test('a password is told to nobody', () => {
  const { value, sensitive, synonyms } = named(
    brokerEntries(started({ 'ssl.key.password': 'secret' })),
    'ssl.key.password',
  )
  assert.deepEqual([value, sensitive], [null, true])
  assert.equal(JSON.stringify(synonyms).includes('secret'), false)
})

test('values are told as they were understood', () => {
  const entries = brokerEntries(
    started({
      'num.partitions': ' +7 ',
      'auto.create.topics.enable': 'FALSE',
      'log.cleanup.policy': 'compact, delete',
    }),
  )
  assert.equal(named(entries, 'num.partitions').value, '7')
  assert.equal(named(entries, 'auto.create.topics.enable').value, 'false')
  assert.equal(named(entries, 'log.cleanup.policy').value, 'compact,delete')
})
