import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Assignees, Assignor } from '../../../src/groups/consumer/assignor.js'
import type { Partitions } from '../../../src/groups/consumer/partitions.js'
import { assignByRange } from '../../../src/groups/consumer/range-assignor.js'
import { assignUniformly } from '../../../src/groups/consumer/uniform-assignor.js'

type Numbers = Readonly<Record<string, readonly number[]>>
interface Case {
  readonly assignor: 'uniform' | 'range'
  readonly homogeneous: boolean
  /** The number of partitions of each topic. */
  readonly topics: Readonly<Record<string, number>>
  readonly members: Readonly<
    Record<
      string,
      { readonly static: string | null; readonly reads: readonly string[]; readonly had: Numbers }
    >
  >
  readonly assigned: Readonly<Record<string, Numbers>>
}

const assignors: Readonly<Record<Case['assignor'], Assignor>> = {
  uniform: assignUniformly,
  range: assignByRange,
}

/** The assignments that Apache Kafka's own assignors make with these members and topics. */
const cases: Case[] = readFileSync(new URL('../../fixtures/assignments.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

const partitions = (numbers: Numbers): Partitions =>
  new Map(Object.entries(numbers).map(([topic, each]) => [topic, new Set(each)]))

const numbers = (assigned: Partitions = new Map()): Numbers =>
  Object.fromEntries([...assigned].map(([topic, each]) => [topic, [...each].sort((a, b) => a - b)]))

const assignees = ({ members, topics, homogeneous }: Case): Assignees => ({
  homogeneous,
  partitionCountOf: topic => topics[topic] ?? 0,
  members: new Map(
    Object.entries(members).map(([id, member]) => [
      id,
      { instanceId: member.static, topicIds: new Set(member.reads), assigned: partitions(member.had) },
    ]),
  ),
})

describe('partitions are shared out as by Apache Kafka', () => {
  for (const kind of ['uniform', 'range'] as const) {
    for (const homogeneous of [true, false]) {
      const chosen = cases.filter(each => each.assignor === kind && each.homogeneous === homogeneous)
      test(`${kind}, subscriptions ${homogeneous ? 'the same' : 'different'}: ${chosen.length} groups`, () => {
        assert.ok(chosen.length > 10)
        for (const each of chosen) {
          const assigned = assignors[kind](assignees(each))
          const ids = Object.keys(each.assigned)
          assert.deepEqual(Object.fromEntries(ids.map(id => [id, numbers(assigned.get(id))])), each.assigned)
        }
      })
    }
  }
})

test('what was assigned is not changed while the next assignment is found', () => {
  const had = new Map([['orders', new Set([0, 1, 2])]])
  const topicIds = new Set(['orders'])
  const members = new Map([
    ['ann', { instanceId: null, topicIds, assigned: had }],
    ['bob', { instanceId: null, topicIds, assigned: new Map() }],
  ])
  assignUniformly({ homogeneous: true, members, partitionCountOf: () => 3 })
  assignUniformly({ homogeneous: false, members, partitionCountOf: () => 3 })
  assert.deepEqual([...(had.get('orders') ?? [])], [0, 1, 2])
})

test('a member that keeps all that it had keeps the very set, so that a large group is not made anew for one member', () => {
  const had = new Map([['orders', new Set([0, 1])]])
  const topicIds = new Set(['orders'])
  const members = new Map([
    ['ann', { instanceId: null, topicIds, assigned: had }],
    ['bob', { instanceId: null, topicIds, assigned: new Map() }],
  ])
  const assigned = assignUniformly({ homogeneous: true, members, partitionCountOf: () => 4 })
  assert.equal(assigned.get('ann'), had)
  assert.deepEqual(numbers(assigned.get('bob')), { orders: [2, 3] })
})
