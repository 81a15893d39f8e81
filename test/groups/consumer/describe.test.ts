import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConsumerImage } from '../../../src/groups/consumer/consumer-image.js'
import { newMember } from '../../../src/groups/consumer/consumer-member.js'
import type { ConsumerSurroundings } from '../../../src/groups/consumer/consumer-surroundings.js'
import { describe } from '../../../src/groups/consumer/describe.js'
import { FactList } from '../../../src/groups/consumer/fact-list.js'

const orders = { id: 'AAAAAAAAAAAAAAAAAAAAAQ', name: 'orders', partitions: [] }

test('a member is put into words only when it is asked for, so that many can be in turns', () => {
  let looks = 0
  const around = knowing(() => {
    looks++
    return orders
  })
  const { members } = describe('shop', groupOf('ann', 'bob', 'cat'), around)
  const each = members[Symbol.iterator]()
  assert.equal(looks, 0)
  each.next()
  const looksOfOne = looks
  assert.ok(looksOfOne > 0)
  each.next()
  assert.equal(looks, 2 * looksOfOne)
})

test('a description is of the moment it was asked for, whatever happens until its members are put into words', () => {
  const group = groupOf('ann', 'bob')
  const { members } = describe(
    'shop',
    group,
    knowing(() => orders),
  )
  apply(group, facts => {
    facts.forgetMember('bob')
    facts.target('ann', new Map([[orders.id, new Set([7])]]))
    facts.progress(newMember('ann'), { ...newMember('ann'), epoch: 9 })
  })
  assert.deepEqual(
    Array.from(members, ({ memberId, memberEpoch, targetAssignment }) => [
      memberId,
      memberEpoch,
      targetAssignment.topicPartitions.flatMap(({ partitions }) => [...partitions]),
    ]),
    [
      ['ann', 1, [0]],
      ['bob', 1, [1]],
    ],
  )
})

/** A group whose members have one partition each. */
function groupOf(...ids: string[]): ConsumerImage {
  const group = new ConsumerImage()
  apply(group, facts => {
    for (const [i, id] of ids.entries()) {
      const assigned = new Map([[orders.id, new Map([[i, 1]])]])
      facts.about(newMember(id))
      facts.target(id, new Map([[orders.id, new Set([i])]]))
      facts.progress(newMember(id), { ...newMember(id), epoch: 1, assigned })
    }
  })
  return group
}

function apply(group: ConsumerImage, change: (facts: FactList) => void): void {
  const facts = new FactList('shop')
  change(facts)
  for (const each of facts.all) group.apply(each)
}

const knowing = (withId: () => typeof orders): ConsumerSurroundings =>
  ({
    topics: { withId },
    assignors: new Map([['uniform', () => new Map()]]),
  }) as unknown as ConsumerSurroundings
