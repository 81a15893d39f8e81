import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { BrokerConfig, settingsOf } from '../../src/config/broker-config.js'
import { brokerEntries } from '../../src/config/config-entries.js'
import { ottlaSettings } from '../../src/config/ottla-settings.js'
import type { Scope, Setting } from '../../src/config/setting.js'
import { synonymsOf } from '../../src/config/synonyms.js'
import { dynamicFacts, settingFacts } from './upstream-settings.js'

const scopes: readonly Scope[] = ['broker', 'topic', 'group']
const ours = new Set(ottlaSettings.map(setting => setting.name))
const kafkas = (scope: Scope): Setting[] => [...settingsOf(scope)].filter(({ name }) => !ours.has(name))

for (const scope of scopes) {
  test(`every setting of a ${scope} is known with type, default and valid values, and there is no other`, () => {
    const facts = settingFacts.filter(fact => fact.scope === scope)
    assert.deepEqual(
      kafkas(scope)
        .map(({ name, type, default: own, parity, valid }) => [name, type, parity ?? own, valid ?? ''])
        .sort(),
      facts.map(fact => [fact.name, fact.type, fact.default, fact.valid ?? '']).sort(),
    )
  })
}

test('settings of Ottla’s own say so in their names, and what they do', () => {
  for (const { name, doc } of ottlaSettings) {
    assert.match(name, /^ottla\./)
    assert.ok(doc, name)
  }
})

test('a setting of a broker can change at run time where it can in Kafka, and for as many brokers', () => {
  for (const { name, dynamic } of kafkas('broker')) assert.equal(dynamic, dynamicFacts.get(name), name)
})

test('with parity a broker tells Kafka’s default of every setting', () => {
  const defaults = new Map(settingFacts.filter(f => f.scope === 'broker').map(f => [f.name, f.default]))
  for (const { name, value } of brokerEntries(new BrokerConfig(new Map(), true))) {
    if (ours.has(name)) continue
    assert.equal(value, defaults.get(name), name)
  }
})

test('what a topic inherits by default is what the setting of the topic says', () => {
  const config = new BrokerConfig(new Map(), true)
  for (const { name, default: own } of settingsOf('topic')) {
    assert.equal(config.defaultOf('topic', name), own, name)
  }
})

/** Code that reads settings, not the tables that list them. */
const code = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts') && !/config\/.*(settings|settings-table|synonyms)\.ts$/.test(name))
  .map(name => readFileSync(join('src', name), 'utf8'))
  .join('\n')

test('a setting says what it does exactly if there is code that reads it', () => {
  const named = new Set([...code.matchAll(/(?<!\[)'([a-z0-9_.]+)'/g)].map(([, name]) => name as string))
  const composed = [...code.matchAll(/`([a-z.]+\$\{[\w${}.]*)`/g)].map(
    ([, name]) => new RegExp(`^${(name as string).replaceAll('.', '\\.').replace(/\$\{\w+\}/g, '[a-z.]+')}$`),
  )
  const behind = new Set(
    Object.entries(synonymsOf).flatMap(([name, synonyms]) =>
      named.has(name) ? synonyms.map(synonym => synonym.name) : [],
    ),
  )
  for (const scope of scopes) {
    for (const { name, doc } of settingsOf(scope)) {
      if (doc === undefined)
        assert.equal(named.has(name), false, `${scope} ${name} acts, but does not say so`)
      else {
        const read = named.has(name) || behind.has(name) || composed.some(each => each.test(name))
        assert.ok(read, `${scope} ${name} says that it acts, but nothing reads it`)
      }
    }
  }
})
