import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig } from '../../src/config/broker-config.js'
import { advertisedIn, listenersOf } from '../../src/config/listeners.js'

const started = (given: Readonly<Record<string, string>>) => new BrokerConfig(new Map(Object.entries(given)))
const listening = (listeners: string, more: Readonly<Record<string, string>> = {}) =>
  listenersOf(started({ listeners, ...more })).map(({ name, host, port }) => `${name} ${host} ${port}`)

test('listeners have names, hosts and ports; those of controllers are left out', () => {
  const map = 'INTERNAL:PLAINTEXT,CTL:PLAINTEXT,PLAINTEXT:PLAINTEXT'
  const more = { 'listener.security.protocol.map': map, 'controller.listener.names': 'CTL' }
  const listeners = 'plaintext://:9092, INTERNAL://[::1]:0,CTL://:9093,CONTROLLER://x:1'
  assert.deepEqual(listening(listeners, more), ['PLAINTEXT  9092', 'INTERNAL ::1 0'])
})

const wrong: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  [
    'localhost:9092',
    {},
    /^'localhost:9092' in listeners cannot be read: write it as PLAINTEXT:\/\/host:port\.$/,
  ],
  ['PLAINTEXT://:70000', {}, /cannot be read/],
  ['MINE://:9092', {}, /^The listener 'MINE' has no protocol: add MINE:PLAINTEXT to listener\.security/],
  ['PLAINTEXT://:1,PLAINTEXT://:2', {}, /'PLAINTEXT' is there twice/],
  [
    'PLAINTEXT://:1,MINE://:1',
    { 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,MINE:PLAINTEXT' },
    /'1' is there twice/,
  ],
  [
    'MINE://:1',
    { 'listener.security.protocol.map': 'MINE' },
    /^'MINE' in listener\.security\.protocol\.map cannot be read: write it as NAME:PLAINTEXT\.$/,
  ],
]

for (const [listeners, more, message] of wrong) {
  test(`${listeners} ${JSON.stringify(more)} is refused with a sentence that says what to do`, () => {
    assert.throws(() => listening(listeners, more), { name: 'ConfigurationError', message })
  })
}

test('what is advertised belongs to a listener, and can be dialled', () => {
  const told = (advertised: string) => {
    const config = started({ listeners: 'PLAINTEXT://:9092', 'advertised.listeners': advertised })
    return [...advertisedIn(config.list('advertised.listeners'), listenersOf(config)).values()].map(
      ({ host, port }) => `${host}:${port}`,
    )
  }
  assert.deepEqual(told('PLAINTEXT://kafka.example:29092'), ['kafka.example:29092'])
  assert.throws(() => told('MINE://kafka:1'), {
    message: /'MINE', which is none of the listeners: PLAINTEXT\./,
  })
  assert.deepEqual(told('PLAINTEXT://:29092'), [':29092'])
  assert.throws(() => told('PLAINTEXT://0.0.0.0:1'), { message: /an address that clients can dial/ })
})
