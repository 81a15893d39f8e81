import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GroupFact, groupFacts, noGeneration } from '../../../src/groups/stored/group-facts.js'
import { Turns } from '../../../src/time/turns.js'

const offset = {
  offset: 42n,
  leaderEpoch: 5,
  metadata: 'hi',
  commitTimestamp: 1000n,
  expireTimestamp: -1n,
  topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
}
const committed: GroupFact = { kind: 'offset', groupId: 'shop', topic: 'orders', partition: 3, value: offset }

const again = (fact: GroupFact) => {
  const { key, value } = groupFacts.encode(fact)
  return groupFacts.decode(key, value)
}

test('a committed offset lies in the log as Kafka writes it', () => {
  const { key, value } = groupFacts.encode(committed)
  assert.equal(key.toString('hex'), `0001${'0004'}${hex('shop')}${'0006'}${hex('orders')}00000003`)
  assert.equal(
    value?.toString('hex'),
    `0004${'000000000000002a'}${'00000005'}${'03'}${hex('hi')}${'00000000000003e8'}${'01'}${'00'}${'10'}${'0'.repeat(31)}1`,
  )
  assert.deepEqual(again(committed), committed)
})

test('an offset with an expiry of its own is written in the one version that has it', () => {
  const expiring = { ...committed, value: { ...offset, expireTimestamp: 2000n } }
  const { value } = groupFacts.encode(expiring)
  assert.equal(value?.readInt16BE(0), 1)
  const kept = again(expiring)
  assert.equal(kept?.kind === 'offset' && kept.value?.expireTimestamp, 2000n)
})

test('a fact that is put into bytes in turns has the bytes that it has otherwise', async () => {
  const member = {
    memberId: 'a-1',
    groupInstanceId: null,
    clientId: 'a',
    clientHost: '/::1',
    rebalanceTimeout: 60,
    sessionTimeout: 10,
    subscription: Buffer.from([1]),
    assignment: Buffer.alloc(2000, 2),
  }
  const value = { ...noGeneration(1000), protocolType: 'consumer', members: [member, member, member] }
  const topicPartitions = Array.from({ length: 10_000 }, (_, i) => ({
    topicId: offset.topicId,
    partitions: [i],
  }))
  const facts: GroupFact[] = [
    { kind: 'group', groupId: 'shop', value },
    { kind: 'group', groupId: 'shop', value: null },
    { kind: 'consumer-target', groupId: 'shop', memberId: 'ann', value: { topicPartitions } },
    { kind: 'consumer-target', groupId: 'shop', memberId: 'ann', value: null },
    committed,
  ]
  for (const fact of facts) {
    assert.deepEqual(await groupFacts.encodeInTurns?.(fact, new Turns()), groupFacts.encode(fact))
  }
})

test('a group lies in the log as Kafka writes it', () => {
  const group: GroupFact = {
    kind: 'group',
    groupId: 'shop',
    value: {
      ...noGeneration(1000),
      protocolType: 'consumer',
      generation: 7,
      protocol: 'range',
      leader: 'a-1',
      members: [
        {
          memberId: 'a-1',
          groupInstanceId: null,
          clientId: 'a',
          clientHost: '/::1',
          rebalanceTimeout: 60,
          sessionTimeout: 10,
          subscription: Buffer.from([1]),
          assignment: Buffer.from([2, 3]),
        },
      ],
    },
  }
  const { key, value } = groupFacts.encode(group)
  assert.equal(key.toString('hex'), `0002${'0004'}${hex('shop')}`)
  const text = (s: string) => s.length.toString(16).padStart(4, '0') + hex(s)
  assert.equal(
    value?.toString('hex'),
    `0003${text('consumer')}00000007${text('range')}${text('a-1')}${'00000000000003e8'}00000001` +
      `${text('a-1')}ffff${text('a')}${text('/::1')}0000003c${'0000000a'}${'00000001'}01${'00000002'}0203`,
  )
  assert.deepEqual(again(group), group)
})

test('what takes a fact back has no value', () => {
  for (const fact of [
    { ...committed, value: null },
    { kind: 'group', groupId: 'shop', value: null } as const,
  ]) {
    assert.equal(groupFacts.encode(fact).value, null)
    assert.deepEqual(again(fact), fact)
  }
})

test('records of other kinds of groups are passed over', () => {
  assert.equal(groupFacts.decode(Buffer.from('000b0004', 'hex'), Buffer.alloc(0)), null)
})

const hex = (text: string): string => Buffer.from(text).toString('hex')
