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

test('a broker tells coarser settings beside a finer one, but none where the finer one is not set', () => {
  const hours = 'log.retention.hours=3 staticBroker, log.retention.hours=168 default'
  const finer = (given: Readonly<Record<string, string>>) =>
    told(named(brokerEntries(started({ 'log.retention.hours': '3', ...given })), 'log.retention.ms'))
  assert.equal(finer({}), 'null default ()')
  assert.equal(
    finer({ 'log.retention.ms': '2' }),
    `2 staticBroker (log.retention.ms=2 staticBroker, ${hours})`,
  )
})

test('a topic tells its value in its unit, and its broker’s settings in theirs', () => {
  const config = started({ 'log.roll.hours': '2', 'log.roll.ms': '5' })
  const inherited = 'log.roll.ms=5 staticBroker, log.roll.hours=2 staticBroker, log.roll.hours=168 default'
  const entry = (overrides: ReadonlyMap<string, string>) =>
    told(named(entriesWith('topic', overrides, config), 'segment.ms'))
  assert.equal(entry(none), `5 staticBroker (${inherited})`)
  assert.equal(entry(new Map([['segment.ms', ' 7 ']])), `7 topic (segment.ms=7 topic, ${inherited})`)
  const [coarse] = entriesWith('topic', none, started({ 'log.roll.hours': '2' })).filter(
    each => each.name === 'segment.ms',
  )
  assert.equal(coarse?.value, '7200000')
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

test('a password is shown to no client', () => {
  const { value, sensitive, synonyms } = named(
    brokerEntries(started({ 'ssl.key.password': 'secret' })),
    'ssl.key.password',
  )
  assert.deepEqual([value, sensitive], [null, true])
  assert.equal(JSON.stringify(synonyms).includes('secret'), false)
})

test('values are shown as they were understood', () => {
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

test('a name that is no setting is shown, and its value is not', () => {
  const config = started({ 'some.plugin.token': 'secret' })
  config.setDynamic(none, new Map([['other.token', 'secret']]))
  for (const name of ['some.plugin.token', 'other.token']) {
    const entry = named(brokerEntries(config), name)
    assert.deepEqual([entry.value, entry.sensitive, entry.readOnly, entry.type], [null, true, true, 0])
    assert.equal(JSON.stringify(entry).includes('secret'), false)
  }
})

test('a node tells what was set for it, which another node does not', () => {
  const own = new Map([['log.cleaner.threads', '5']])
  assert.equal(named(brokerEntries(started(), own), 'log.cleaner.threads').value, '5')
  assert.equal(named(brokerEntries(started(), none), 'log.cleaner.threads').value, '1')
})
