import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isExpired } from '../../../src/groups/offsets/offset-expiry.js'

const committedMs = 1_000
const emptySinceMs = 5_000
const retentionMs = 10_000
const offset = { commitTimestamp: BigInt(committedMs), expireTimestamp: -1n }

const simple = {
  type: 'classic',
  state: 'Empty',
  protocolType: null,
  sinceMs: null,
  subscribedTopics: null,
  usesConsumerProtocol: false,
} as const
const empty = {
  type: 'classic',
  state: 'Empty',
  protocolType: 'consumer',
  sinceMs: emptySinceMs,
  subscribedTopics: new Set<string>(),
  usesConsumerProtocol: true,
} as const
const stable = { ...empty, state: 'Stable', subscribedTopics: new Set(['orders']) } as const

const rows = [
  ['of a simple group: from the commit on', simple, 'orders', committedMs],
  ['of an empty group: from when it became empty', empty, 'orders', emptySinceMs],
  [
    'of an empty group whose record has no time: from the commit on',
    { ...empty, sinceMs: null },
    'orders',
    committedMs,
  ],
  ['of a topic that the consumers have given up: from the commit on', stable, 'bills', committedMs],
  [
    'of a consumer group in whatever state: from the commit on',
    { ...stable, type: 'consumer', state: 'Assigning', sinceMs: null },
    'bills',
    committedMs,
  ],
] as const

for (const [name, group, topic, fromMs] of rows) {
  test(`an offset expires ${name}`, () => {
    assert.equal(isExpired(group, topic, offset, fromMs + retentionMs - 1, retentionMs), false)
    assert.equal(isExpired(group, topic, offset, fromMs + retentionMs, retentionMs), true)
  })
}

const never = [
  ['of a topic that is subscribed', stable, 'orders'],
  ['while a rebalance is under way', { ...stable, state: 'PreparingRebalance' }, 'bills'],
  ['while members subscribe to what cannot be read', { ...stable, subscribedTopics: null }, 'bills'],
  [
    'of a group at work that is no consumer group',
    { ...stable, protocolType: 'connect', subscribedTopics: null, usesConsumerProtocol: false },
    'bills',
  ],
] as const

for (const [name, group, topic] of never) {
  test(`an offset never expires ${name}`, () => {
    assert.equal(isExpired(group, topic, offset, Number.MAX_SAFE_INTEGER, retentionMs), false)
  })
}

test('an offset that was committed with an expiry of its own expires then', () => {
  const own = { ...offset, expireTimestamp: 3_000n }
  assert.equal(isExpired(simple, 'orders', own, 2_999, retentionMs), false)
  assert.equal(isExpired(simple, 'orders', own, 3_000, retentionMs), true)
})
