import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeptRecords } from '../../src/cluster/kept-records.js'
import { MetadataImage } from '../../src/cluster/metadata-image.js'
import {
  decodeFact,
  encodeFact,
  type MetadataDraft,
  type MetadataFact,
} from '../../src/cluster/metadata-serde.js'
import { BrokerConfig } from '../../src/config/broker-config.js'
import { quotaEntityKey } from '../../src/engine/client-quotas.js'
import { randomRuns } from '../support/random-runs.js'

const idOf = (n: number) => Buffer.from(`topic ${String(n).padStart(10, '0')}`).toString('base64url')

function kept(values: readonly Buffer[]): Buffer[] {
  const records = new KeptRecords()
  for (const value of values) records.take({ value, timestampMs: 1n, fact: decodeFact(value) })
  return [...records.values()]
}

function factsIn(values: readonly Buffer[]): MetadataFact[] {
  const records = new KeptRecords()
  for (const value of values) records.take({ value, timestampMs: 1n, fact: decodeFact(value) })
  return [...records.facts()]
}

const encoded = (...facts: MetadataDraft[]) => facts.map(fact => encodeFact(fact))
const told = (values: readonly Buffer[]) => values.map(value => decodeFact(value) as MetadataFact)

/** Everything that an image knows. */
function imageOf(values: readonly Buffer[]) {
  const image = new MetadataImage(new BrokerConfig(new Map()))
  image.apply(values.map(decodeFact).filter(fact => fact !== null))
  const byId = [...image.topics()].sort((a, b) => (a.id < b.id ? -1 : 1))
  const configs = (['topic', 'broker', 'group'] as const).flatMap(kind =>
    image.configured(kind).map(name => [kind, name, [...image.overrides({ kind, name })].sort()]),
  )
  const { features, brokerEpochs, nextProducerId, scram } = image
  const users = [...scram.users()].sort().map(user => [user, [...scram.of(user)].sort()])
  const quotas = [...image.quotas.all()].map(({ entity, values }) => [
    quotaEntityKey(entity),
    [...values].sort(),
  ])
  return {
    ...{ topics: byId, configs: configs.sort(), quotas: quotas.sort(), users },
    ...{ features, brokerEpochs, nextProducerId },
  }
}

const number = fc.integer({ min: 0, max: 3 })
const nodes = fc.uniqueArray(number, { minLength: 1 })
const partition = fc.record({ topic: number, index: number, replicas: nodes, leader: number })
const facts = fc.oneof(
  number.map((n): MetadataDraft => ({ kind: 'topic', value: { name: `t${n}`, topicId: idOf(n) } })),
  number.map((n): MetadataDraft => ({ kind: 'removeTopic', value: { topicId: idOf(n) } })),
  partition.map(
    ({ topic, index, replicas, leader }): MetadataDraft => ({
      kind: 'partition',
      value: {
        ...{ topicId: idOf(topic), partitionId: index, replicas, isr: replicas, leader, leaderEpoch: 0 },
        ...{ partitionEpoch: 0, removingReplicas: [], addingReplicas: [], directories: [] },
      },
    }),
  ),
  partition.map(
    ({ topic, index, replicas, leader }): MetadataDraft => ({
      kind: 'partitionChange',
      value: { topicId: idOf(topic), partitionId: index, leader: leader - 2, isr: replicas },
    }),
  ),
  fc.tuple(fc.constantFrom(2, 4, 32), number, number, fc.boolean()).map(
    ([resourceType, resource, name, set]): MetadataDraft => ({
      kind: 'config',
      value: { resourceType, resourceName: `t${resource}`, name: `s${name}`, value: set ? 'x' : null },
    }),
  ),
  number.map(
    (n): MetadataDraft => ({ kind: 'producerIds', value: { brokerId: 0, nextProducerId: BigInt(n) } }),
  ),
  fc.tuple(number, fc.constantFrom(1, 2), fc.boolean()).map(([n, mechanism, isKept]): MetadataDraft => {
    const keys = {
      salt: Buffer.of(n),
      storedKey: Buffer.of(1),
      serverKey: Buffer.of(2),
      iterations: 4096 + n,
    }
    const of = { name: `u${n % 2}`, mechanism }
    return isKept
      ? { kind: 'scramCredential', value: { ...of, ...keys } }
      : { kind: 'removeScramCredential', value: of }
  }),
  number.map((n): MetadataDraft => ({ kind: 'clearElr', value: { topicName: n === 0 ? '' : `t${n}` } })),
  fc.tuple(number, number, number, fc.boolean()).map(
    ([user, client, value, remove]): MetadataDraft => ({
      kind: 'clientQuota',
      value: {
        entity: [
          ...(user > 0 ? [{ entityType: 'user', entityName: user > 1 ? 'ann' : null }] : []),
          { entityType: 'client-id', entityName: client > 0 ? `app ${client}` : null },
        ],
        ...{ key: `quota ${value % 2}`, value, remove },
      },
    }),
  ),
  number.map((n): MetadataDraft => ({ kind: 'featureLevel', value: { name: `f${n}`, featureLevel: n + 1 } })),
)

test('the records that are kept of any others give the same image', () => {
  const each = fc.property(fc.array(facts, { maxLength: 60 }), drafts => {
    const values = drafts.map(draft => encodeFact(draft))
    assert.deepEqual(imageOf(kept(values)), imageOf(values))
    assert.deepEqual(kept(kept(values)), kept(values))
    assert.deepEqual(factsIn(values), told(kept(values)))
  })
  fc.assert(each, randomRuns(300, 20_000) as object)
})

test('of topics that were made and deleted nothing is kept, and of a partition one record', () => {
  const topicId = idOf(1)
  const value = { topicId, partitionId: 0, replicas: [0], isr: [0], removingReplicas: [], addingReplicas: [] }
  const make = encoded(
    { kind: 'topic', value: { name: 'a', topicId } },
    { kind: 'config', value: { resourceType: 2, resourceName: 'a', name: 'retention.ms', value: '1' } },
    { kind: 'partition', value: { ...value, leader: 0, leaderEpoch: 3, partitionEpoch: 5, directories: [] } },
  )
  const changes = encoded(
    { kind: 'partitionChange', value: { topicId, partitionId: 0, leader: 0 } },
    { kind: 'partitionChange', value: { topicId, partitionId: 0, isr: [0] } },
  )
  assert.deepEqual(kept([...make, ...encoded({ kind: 'removeTopic', value: { topicId } })]), [])
  const partitions = told(kept([...make, ...changes])).filter(fact => fact.kind === 'partition')
  assert.deepEqual(
    partitions.map(fact => [fact.value.leaderEpoch, fact.value.partitionEpoch]),
    [[4, 7]],
  )
})

test('replicas that could lead although they are not in sync stay known', () => {
  const topicId = idOf(1)
  const [, partition] = kept([
    ...encoded({ kind: 'topic', value: { name: 'a', topicId } }),
    encodeFact(
      {
        kind: 'partition',
        value: {
          ...{
            topicId,
            partitionId: 0,
            replicas: [0, 1],
            isr: [0],
            removingReplicas: [],
            addingReplicas: [],
          },
          ...{ leader: 0, leaderEpoch: 0, partitionEpoch: 0, directories: [], eligibleLeaderReplicas: [1] },
        },
      },
      2,
    ),
  ])
  const fact = decodeFact(partition as Buffer)
  assert.deepEqual(fact?.kind === 'partition' && fact.value.eligibleLeaderReplicas, [1])
})

test('replicas that Kafka chose under another minimum do not stay, nor does the record that says so', () => {
  const of = (n: number) => ({
    ...{
      topicId: idOf(n),
      partitionId: 0,
      replicas: [0, 1],
      isr: [0],
      removingReplicas: [],
      addingReplicas: [],
    },
    ...{ leader: 0, leaderEpoch: 0, partitionEpoch: 0, directories: [], eligibleLeaderReplicas: [1] },
  })
  const made = [1, 2].flatMap(n => [
    ...encoded({ kind: 'topic', value: { name: `t${n}`, topicId: idOf(n) } }),
    encodeFact({ kind: 'partition', value: of(n) }, 2),
  ])
  const eligible = (...cleared: string[]) => {
    const facts = encoded(...cleared.map(topicName => ({ kind: 'clearElr', value: { topicName } }) as const))
    const after = told(kept([...made, ...facts]))
    assert.equal(
      after.some(({ kind }) => kind === 'clearElr'),
      false,
    )
    return after.flatMap(fact =>
      fact.kind === 'partition' ? [[fact.value.eligibleLeaderReplicas, fact.value.partitionEpoch]] : [],
    )
  }
  assert.deepEqual(eligible(), [
    [[1], 0],
    [[1], 0],
  ])
  assert.deepEqual(eligible('t2', 'gone'), [
    [[1], 0],
    [null, 1],
  ])
  assert.deepEqual(eligible('', ''), [
    [null, 1],
    [null, 1],
  ])
})

/** A record of a type that Ottla does not use, about a broker or controller. */
const other = (type: number, id: number, rest = '00') =>
  Buffer.concat([Buffer.from([1, type, 0]), Buffer.from([0, 0, 0, id]), Buffer.from(rest, 'hex')])
const registration = (brokerId: number, brokerEpoch: bigint) =>
  encodeFact({
    kind: 'registerBroker',
    value: { brokerId, brokerEpoch, incarnationId: idOf(1), endPoints: [], features: [] },
  })

test('records that only Kafka understands are kept as they are, but for those that nothing follows from', () => {
  const acl = other(18, 9, 'aabb')
  const values = [
    registration(1, 1n),
    other(17, 1, '01'),
    other(20, 0),
    acl,
    registration(1, 2n),
    other(17, 1, '02'),
    other(8, 1),
    other(27, 1, '03'),
    other(27, 1, '04'),
    registration(2, 3n),
    other(1, 2),
  ]
  assert.deepEqual(kept(values), [
    registration(1, 2n),
    other(17, 1, '02'),
    other(8, 1),
    other(27, 1, '04'),
    acl,
  ])
})
