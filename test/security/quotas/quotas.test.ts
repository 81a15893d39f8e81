import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig } from '../../../src/config/broker-config.js'
import type { ClientQuota } from '../../../src/engine/client-quotas.js'
import type { MetadataChange } from '../../../src/engine/metadata-store.js'
import { Quotas } from '../../../src/security/quotas/quotas.js'
import type { RequestQuota } from '../../../src/security/quotas/request-quota.js'
import { Background } from '../../../src/telemetry/background.js'
import { ManualClock } from '../../support/manual-clock.js'

const [produceKey, writeTxnMarkersKey] = [0, 27]
const node = { nodeId: 0 }

/** Quotas by their names, for the default client id; a quota of null is taken back. */
function world({ settings = {}, quotas = {} }: { settings?: Record<string, string>; quotas?: object } = {}) {
  const clock = new ManualClock()
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const listeners: ((change: MetadataChange) => void)[] = []
  const entity = new Map([['client-id', null]])
  const known: ClientQuota[] = [{ entity, values: new Map(Object.entries(quotas)) }]
  let passedMs = 0
  const all = new Quotas({
    config: new BrokerConfig(new Map(Object.entries(settings))),
    clock,
    background: new Background({ clock, logger }),
    metadata: {
      clientQuotas: () => known,
      onChange: listener => {
        listeners.push(listener)
        return () => {}
      },
    },
    hosts: { literal: host => host, lookUp: async () => null },
    stopwatch: () => passedMs,
  })
  return {
    clock,
    all,
    set(name: string, value: number | null, names: ReadonlyMap<string, string | null> = entity) {
      for (const tell of listeners) tell({ kind: 'quota-changed', entity: names, name, value })
    },
    /** Lets the processor be busy for a while. */
    spend(ms: number) {
      passedMs += ms
    },
    asks: (clientId: string, bytes = 100) =>
      all.of(node, { apiKey: produceKey, clientId }, bytes) as RequestQuota,
    /** Returns how long a client has to wait that writes so much. */
    writes(clientId: string, bytes: number): number {
      const quota = this.asks(clientId, bytes)
      quota.produced()
      quota.answers(true)
      return quota.throttleTimeMs
    },
  }
}

test('nothing is measured of a request as long as no quota is set', () => {
  const { all, set } = world()
  const of = (apiKey = produceKey) => all.of(node, { apiKey, clientId: 'app' }, 100)
  assert.equal(of(), null)
  set('connection_creation_rate', 5, new Map([['ip', '10.0.0.1']]))
  set('no_such_rate', 5)
  assert.equal(of(), null)
  set('producer_byte_rate', 5)
  assert.notEqual(of(), null)
  assert.equal(of(writeTxnMarkersKey), null, 'what brokers ask each other is no client’s')
  set('producer_byte_rate', null)
  assert.equal(of(), null)
})

test('quotas that were set before the start count', () => {
  const at = world({ quotas: { producer_byte_rate: 10 } })
  assert.equal(at.writes('app', 200), 10_000)
})

test('of more clients than ottla.quota.max.clients the one that was not heard of for longest is forgotten', () => {
  const at = world({ settings: { 'ottla.quota.max.clients': '2' }, quotas: { producer_byte_rate: 10 } })
  assert.ok(at.writes('a', 200) > 0)
  at.writes('b', 1)
  assert.ok(at.writes('a', 1) > 0)
  at.writes('c', 1)
  assert.ok(at.writes('a', 1) > 0)
  at.writes('d', 1)
  at.writes('e', 1)
  assert.equal(at.writes('a', 1), 0)
})

test('windows are as many and as long as quota.window.num and quota.window.size.seconds say', () => {
  const settings = { 'quota.window.num': '3', 'quota.window.size.seconds': '2' }
  const at = world({ settings, quotas: { producer_byte_rate: 10 } })
  assert.equal(at.writes('app', 40), 0)
  assert.equal(at.writes('app', 10), 1000)
  at.clock.advance(6000)
  assert.equal(at.writes('app', 40), 0)
})

test('the time of a request counts until its handler waits, and while its reply is encoded', () => {
  const at = world({ quotas: { request_percentage: 1 } }) // 100 ms of the ten seconds
  const quota = at.asks('app')
  at.spend(60)
  quota.pauses()
  at.spend(1000) // others are served
  quota.answers(true)
  assert.equal(quota.throttleTimeMs, 0)
  at.spend(30)
  quota.encoded()
  const next = at.asks('app')
  at.spend(11)
  next.answers(true)
  assert.equal(next.throttleTimeMs, 100)
})

test('the time of a request without a reply holds nobody, and a long one for no more than a window', () => {
  const at = world({ quotas: { request_percentage: 1 } })
  const silent = at.asks('app')
  at.spend(5000)
  silent.answers(false)
  assert.equal(silent.throttleTimeMs, 0)
  const loud = at.asks('app')
  at.spend(5000)
  loud.answers(true)
  assert.equal(loud.throttleTimeMs, 1000)
})

test('of two quotas the longer wait counts', () => {
  const at = world({ quotas: { request_percentage: 1, producer_byte_rate: 10 } })
  const quota = at.asks('app', 150)
  at.spend(105)
  quota.produced()
  quota.answers(true)
  assert.equal(quota.throttleTimeMs, 5000)
})
