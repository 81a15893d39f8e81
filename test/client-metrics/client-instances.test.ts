import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { type Client, ClientInstances, type Push } from '../../src/client-metrics/client-instances.js'
import { BrokerConfig } from '../../src/config/broker-config.js'
import type { MetadataChange, MetadataStore } from '../../src/engine/metadata-store.js'
import { ManualClock } from '../support/manual-clock.js'

const id = 'AAAAAAAAAAAAAAAAAAAABA'
const otherId = 'AAAAAAAAAAAAAAAAAAAABQ'
const usualMs = 300_000

/** The client-metrics resources of a cluster, which a test changes. */
class Resources {
  readonly #all = new Map<string, Map<string, string>>()
  #changed: (change: MetadataChange) => void = () => {}

  readonly store = {
    configured: () => this.#all.keys(),
    overrides: ({ name }: { name: string }) => this.#all.get(name) ?? new Map(),
    onChange: (listener: (change: MetadataChange) => void) => {
      this.#changed = listener
    },
  } as unknown as MetadataStore

  set(name: string, configs: Readonly<Record<string, string>>): void {
    this.#all.set(name, new Map(Object.entries(configs)))
    this.#changed({ kind: 'config-changed', resource: { kind: 'clientMetrics', name } })
  }
}

let resources: Resources
let clock: ManualClock
let instances: ClientInstances

const start = (settings: Readonly<Record<string, string>> = {}) => {
  resources = new Resources()
  clock = new ManualClock()
  const config = new BrokerConfig(new Map(Object.entries(settings)))
  instances = new ClientInstances({ config, clock, metadata: resources.store })
}
beforeEach(() => start())

const client = (connectionId = 1, clientId: string | null = 'ann'): Client => ({
  connectionId,
  client_id: clientId,
  ...instances.softwareOf(connectionId),
  client_source_address: '10.0.0.7',
  client_source_port: '49152',
})
const asked = (of = id, by = client()) => instances.subscriptionOf(of, by)
const push = (subscriptionId: number, change: Partial<Push> = {}, of = id) =>
  instances.push(
    of,
    { subscriptionId, terminating: false, compressionType: 4, bytes: 1, ...change },
    client(),
  )
const tooEarly = { errorName: 'THROTTLING_QUOTA_EXCEEDED' }

test('without a subscription nothing is wanted, every five minutes', () => {
  assert.deepEqual(asked().metrics, [])
  assert.equal(asked(otherId).pushIntervalMs, usualMs)
})

test('all subscriptions that match are put together, at the shortest interval', () => {
  resources.set('one', { metrics: 'a,b', 'interval.ms': '9000', match: 'client_id=ann' })
  resources.set('two', { metrics: 'b,c', 'interval.ms': '8000' })
  resources.set('three', { metrics: 'd', 'interval.ms': '100', match: 'client_id=bob' })
  const { metrics, pushIntervalMs } = asked()
  assert.deepEqual([[...metrics].sort(), pushIntervalMs], [['a', 'b', 'c'], 8000])
})

test('a star stands for all metrics, and nothing is told beside it', () => {
  resources.set('one', { metrics: 'a' })
  resources.set('two', { metrics: 'b,*' })
  assert.deepEqual(asked().metrics, ['*'])
})

test('a subscription may ask for the software that a client introduced', () => {
  resources.set('java', { metrics: 'a', match: 'client_software_name=java,client_software_version=4[.].*' })
  assert.deepEqual(asked().metrics, [])
  instances.introduced(2, { name: 'java', version: '4.1' })
  assert.deepEqual(asked(otherId, client(2)).metrics, ['a'])
  instances.connectionClosed(2)
  assert.equal(instances.softwareOf(2).client_software_name, 'unknown')
})

test('who asks again before the interval is over has to wait, unless the subscriptions have changed', () => {
  asked()
  clock.advance(usualMs - 1)
  assert.throws(() => asked(), tooEarly)
  clock.advance(1)
  const before = asked().subscriptionId
  resources.set('one', { metrics: 'a' })
  assert.notEqual(asked().subscriptionId, before)
  assert.throws(() => asked(), tooEarly)
})

test('a push is taken right after what is wanted was told, and then once in each interval', () => {
  const { subscriptionId } = asked()
  clock.advance(1)
  push(subscriptionId)
  clock.advance(usualMs - 1)
  assert.throws(() => push(subscriptionId), tooEarly)
  clock.advance(1)
  push(subscriptionId)
  clock.advance(1)
  push(subscriptionId, { terminating: true })
  assert.throws(() => push(subscriptionId), { errorName: 'INVALID_REQUEST' })
})

test('a push that is not as it was asked for is refused, and the client may ask anew where that helps', () => {
  const { subscriptionId } = asked()
  for (const [change, errorName] of [
    [{ subscriptionId: subscriptionId + 1 }, 'UNKNOWN_SUBSCRIPTION_ID'],
    [{ compressionType: 5 }, 'UNSUPPORTED_COMPRESSION_TYPE'],
  ] as const) {
    clock.advance(usualMs)
    assert.throws(() => push(subscriptionId, change), { errorName })
    asked()
    assert.throws(() => asked(), tooEarly)
  }
  clock.advance(usualMs)
  assert.throws(() => push(subscriptionId, { bytes: 1_048_577 }), { errorName: 'TELEMETRY_TOO_LARGE' })
  assert.throws(() => asked(), tooEarly)
})

test('a client is forgotten with the connection that brought it, and after three intervals', () => {
  asked(id, client(7))
  assert.throws(() => asked(id, client(8)), tooEarly)
  instances.connectionClosed(8)
  assert.throws(() => asked(id, client(8)), tooEarly)
  instances.connectionClosed(7)
  const { subscriptionId } = asked()
  push(subscriptionId, { terminating: true })
  clock.advance(3 * usualMs - 1)
  assert.throws(() => push(subscriptionId), { errorName: 'INVALID_REQUEST' })
  clock.advance(3 * usualMs)
  push(subscriptionId)
})

test('of more clients than are remembered the one that asked least lately is forgotten', () => {
  start({ 'ottla.client.metrics.max.clients': '2' })
  const [first, second, third] = [id, otherId, 'AAAAAAAAAAAAAAAAAAAABg'] as const
  for (const each of [first, second]) asked(each)
  assert.throws(() => asked(first), tooEarly)
  asked(third)
  assert.throws(() => asked(first), tooEarly)
  asked(second)
})
